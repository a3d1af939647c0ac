// What the lines of messages have in the conversation and in a thread alike: their menu, reactions, keys, and answering by
// a double click or a swipe.
import { type KeyboardEvent, type MouseEvent, type ReactNode, type RefObject, useMemo, useRef, useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { Entry } from "../model/Entry.ts"
import { useClient } from "../model/hooks.ts"
import { below, type MenuPlace } from "../ui/Menu.tsx"
import type { BubbleActions } from "./BubbleActions.ts"
import { goToOriginal } from "./goToOriginal.ts"
import { menuLine, moveBetween, moveWithin } from "./lineKeys.ts"
import type { MessageActs } from "./MessageActs.ts"
import { MessageMenu } from "./MessageMenu.tsx"
import { isClosed } from "./names.ts"
import { useReactions } from "./reactions/useReactions.tsx"
import { useSwipe } from "./useSwipe.ts"
import type { VirtualListHandle } from "./VirtualList.tsx"

type LineActions = Pick<BubbleActions, "openMenu" | "reply" | "goToOriginal" | "retry" | "discard" | "reactions">

const canAct = (entry: Entry | undefined): entry is Entry => entry !== undefined && entry.id !== null && !entry.deleted

export const useLines = ({
  chat,
  acts,
  pane,
  list,
  entryOf,
  stops,
  isSelecting = false,
}: {
  chat: ChatView
  acts: MessageActs
  /** Around the list. */
  pane: RefObject<HTMLElement | null>
  list: RefObject<VirtualListHandle | null>
  entryOf: (key: string) => Entry | undefined
  /** What the arrow keys reach: a selector. */
  stops: string
  /** Messages are being selected: none is answered. */
  isSelecting?: boolean
}): {
  readonly actions: LineActions
  /** Of the pane. */
  readonly handlers: { onKeyDown(event: KeyboardEvent): void; onDoubleClick(event: MouseEvent): void }
  readonly windows: ReactNode
} => {
  const client = useClient()
  const [menu, setMenu] = useState<{ entry: Entry; place: MenuPlace }>()
  const reacting = useReactions()
  const closed = isClosed(chat)
  const reactions = closed ? undefined : reacting.actions
  const actions = useMemo<LineActions>(
    () => ({
      openMenu: (entry, place) => setMenu({ entry, place }),
      ...(closed ? {} : { reply: acts.reply }),
      goToOriginal: (entry) => goToOriginal(client, entry),
      retry: (entry) => client.retry(entry.key.slice(1)),
      discard: (entry) => client.discard(entry.key.slice(1)),
      reactions,
    }),
    [client, acts, closed, reactions],
  )

  const latest = useRef(entryOf)
  latest.current = entryOf
  const canAnswer = !closed && !isSelecting
  const answer = (key: string) => {
    const entry = latest.current(key)
    if (canAct(entry)) acts.reply(entry)
  }
  useSwipe(pane, canAnswer ? answer : undefined)
  /** In the text a double click selects a word. */
  const onDoubleClick = ({ target }: MouseEvent) => {
    if (!canAnswer || !(target instanceof Element)) return
    if (target.closest(".bubble-text, a, button, input, audio, video, .hover-bar") !== null) return
    const line = target.closest<HTMLElement>("[data-entry]")
    if (line === null) return
    getSelection()?.removeAllRanges()
    answer(line.dataset.entry ?? "")
  }

  const onKeyDown = (event: KeyboardEvent) => {
    const log = list.current?.element
    if (!log || !(event.target instanceof Element) || !log.contains(event.target)) return
    const here = document.activeElement?.closest<HTMLElement>("[data-entry]")
    if (here && !event.altKey && moveWithin(here, event.key)) {
      event.preventDefault()
      // Escape would leave the chat, or close the thread.
      event.stopPropagation()
      return
    }
    if (moveBetween(event, log, stops)) return
    const line = menuLine(event)
    const entry = line && latest.current(line.dataset.entry ?? "")
    if (line === undefined || !canAct(entry)) return
    event.preventDefault()
    setMenu({ entry, place: below(line.querySelector(".bubble") ?? line, "start") })
  }

  const windows = (
    <>
      {menu !== undefined && (
        <MessageMenu
          chat={chat}
          entry={menu.entry}
          place={menu.place}
          onClose={() => setMenu(undefined)}
          acts={acts}
          reactions={reactions}
        />
      )}
      {reacting.windows}
    </>
  )
  return { actions, handlers: { onKeyDown, onDoubleClick }, windows }
}
