// Renders only the chats near the screen. All rows have the same height, so their positions need no measuring; the
// chosen row and the one with the focus are always rendered.
import {
  type FocusEvent,
  type Ref,
  type RefObject,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react"
import { flushSync } from "react-dom"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import type { MenuPlace } from "../ui/Menu.tsx"
import { ChatRow } from "./ChatRow.tsx"

export interface ChatRowsHandle {
  /** Focuses this chat, wherever it is. */
  focus(index: number): void
}

const overscan = 6
/** The view changes in steps, so that not every scrolled row renders the list again. */
const step = 4

export const ChatRows = ({
  ref,
  scroller,
  chats,
  complete,
  chosen,
  onChoose,
  onMenu,
}: {
  ref: Ref<ChatRowsHandle>
  /** The element that scrolls. */
  scroller: RefObject<HTMLElement | null>
  chats: ReadonlyArray<ChatView>
  /** Whether these are all chats. */
  complete: boolean
  chosen: ChatId | undefined
  onChoose: (id: ChatId) => void
  onMenu: (id: ChatId, place: MenuPlace) => void
}) => {
  const list = useRef<HTMLUListElement>(null)
  const [height, setHeight] = useState(68)
  const [view, setView] = useState({ first: 0, count: 30 })
  const [focused, setFocused] = useState<ChatId>()
  const before = useRef(chats)

  const chosenAt = chats.findIndex(({ id }) => id === chosen)
  const tabbable = chosenAt < 0 ? 0 : chosenAt
  const focusedAt = focused === undefined ? -1 : chats.findIndex(({ id }) => id === focused)
  const last = Math.min(chats.length, view.first + view.count)
  const shown = new Set([tabbable, focusedAt])
  for (let i = view.first; i < last; i++) shown.add(i)

  const look = useRef(() => {})
  look.current = () => {
    const box = scroller.current
    if (box === null || list.current === null) return
    const top = Math.max(0, box.scrollTop - list.current.offsetTop) / height
    const first = Math.max(0, Math.floor(top / step) * step - overscan)
    const count = Math.ceil(box.clientHeight / height) + 2 * overscan + step
    setView((now) => (now.first === first && now.count === count ? now : { first, count }))
  }

  useLayoutEffect(() => {
    const [box, rows] = [scroller.current, list.current]
    if (box === null || rows === null) return
    const onScroll = () => look.current()
    const observer = new ResizeObserver(() => {
      const row = rows.querySelector(".chat-row")?.getBoundingClientRect().height
      if (row !== undefined && row > 0) setHeight((now) => (Math.abs(now - row) < 0.5 ? now : row))
      look.current()
    })
    box.addEventListener("scroll", onScroll, { passive: true })
    observer.observe(box)
    const first = rows.querySelector(".chat-row")
    if (first !== null) observer.observe(first)
    return () => {
      box.removeEventListener("scroll", onScroll)
      observer.disconnect()
    }
  }, [scroller])

  // The visible rows stay in place when another chat moves to the top.
  useLayoutEffect(() => {
    const box = scroller.current
    const old = before.current
    before.current = chats
    if (box !== null && old !== chats && box.scrollTop > height) {
      const at = Math.ceil(box.scrollTop / height)
      const moves = old.slice(at, at + 3).flatMap(({ id }, i) => {
        const now = chats.findIndex((chat) => chat.id === id)
        return now < 0 ? [] : [now - at - i]
      })
      const least = moves.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0] ?? 0
      if (least !== 0) box.scrollTop += least * height
    }
    look.current()
  }, [chats, height, scroller])

  // The list shows which chat is open.
  const known = chosenAt >= 0
  useEffect(() => {
    if (known) list.current?.querySelector(`[data-chat="${chosen}"]`)?.scrollIntoView({ block: "nearest" })
  }, [chosen, known])

  useImperativeHandle(
    ref,
    () => ({
      focus(index) {
        const chat = chats[index]
        if (chat === undefined) return
        flushSync(() => setFocused(chat.id))
        const row = list.current?.querySelector<HTMLElement>(`[data-chat="${chat.id}"]`)
        row?.focus({ preventScroll: true })
        row?.scrollIntoView({ block: "nearest" })
      },
    }),
    [chats],
  )

  const onFocus = ({ target }: FocusEvent) => {
    const row = target.closest<HTMLElement>("[data-chat]")
    if (row !== null) setFocused(Number(row.dataset.chat) as ChatId)
  }

  return (
    <ul
      ref={list}
      className="chat-rows chat-rows-placed"
      style={{ height: chats.length * height }}
      onFocus={onFocus}
      onBlur={() => setFocused(undefined)}
    >
      {[...shown]
        .filter((index) => index >= 0 && index < chats.length)
        .sort((a, b) => a - b)
        .map((index) => {
          const chat = chats[index]!
          return (
            <ChatRow
              key={chat.id}
              chat={chat}
              top={index * height}
              position={index + 1}
              count={complete ? chats.length : -1}
              chosen={index === chosenAt}
              tabbable={index === tabbable}
              onChoose={onChoose}
              onMenu={onMenu}
            />
          )
        })}
    </ul>
  )
}
