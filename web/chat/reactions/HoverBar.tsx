// The bar beside the message under the pointer or with the focus: the emoji, and what is done most often. It stands beside
// the bubble where there is room, and over its upper edge elsewhere.
import { type MouseEvent, useLayoutEffect, useRef } from "react"
import { useMessageWords } from "../../i18n/useMessageWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import type { Entry } from "../../model/Entry.ts"
import { Icon, type IconName } from "../../ui/Icon.tsx"
import { below } from "../../ui/Menu.tsx"
import type { BubbleActions } from "../BubbleActions.ts"
import { QuickEmoji } from "./QuickEmoji.tsx"

const gap = 8

const Tool = ({ label, icon, act }: { label: string; icon: IconName; act: () => void }) => (
  <button type="button" tabIndex={-1} className="icon-button tool" aria-label={label} title={label} onClick={act}>
    <Icon name={icon} size={18} />
  </button>
)

export const HoverBar = ({ entry, own, actions }: { entry: Entry; own: boolean; actions: BubbleActions }) => {
  const words = useWords()
  const { thread, tools } = useMessageWords()
  const { openMenu, openThread, reactions, reply } = actions
  const ref = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another entry has another size
  useLayoutEffect(() => {
    const bar = ref.current
    const line = bar?.parentElement
    const bubble = line?.querySelector<HTMLElement>(".bubble")
    if (bar == null || line == null || bubble == null) return
    const place = () => {
      const width = bar.offsetWidth
      const [start, end] = [bubble.offsetLeft, bubble.offsetLeft + bubble.offsetWidth]
      const beside = own ? start - gap - width : end + gap
      if (beside >= 0 && beside + width <= line.clientWidth) {
        bar.style.left = `${beside}px`
        bar.style.top = "auto"
        bar.style.bottom = `${line.clientHeight - bubble.offsetTop - bubble.offsetHeight}px`
        return
      }
      const over = own ? Math.min(start, end - width) : Math.max(start, end - width)
      bar.style.left = `${Math.max(gap, Math.min(over, line.clientWidth - width - gap))}px`
      const room = bubble.getBoundingClientRect().top - (line.closest(".messages")?.getBoundingClientRect().top ?? 0)
      bar.style.bottom = "auto"
      bar.style.top = `${bubble.offsetTop - Math.min(26, Math.max(0, room))}px`
    }
    place()
    // Beside a thread that is opened from here there is less room.
    const observer = new ResizeObserver(place)
    observer.observe(line)
    return () => observer.disconnect()
  }, [own, entry])
  const more = ({ currentTarget }: MouseEvent<HTMLElement>) => {
    const place = below(currentTarget, own ? "end" : "start")
    // The bar goes with the focus: the menu gives it back to the message.
    currentTarget.closest<HTMLElement>("[data-entry]")?.focus({ preventScroll: true })
    openMenu(entry, place)
  }
  return (
    <div ref={ref} className="hover-bar" role="toolbar" aria-label={tools.bar}>
      {reactions !== undefined && (
        <QuickEmoji
          mine={entry.mine}
          // The favourites, and the two that were used last.
          count={6}
          onChoose={(emoji) => reactions.react(entry, emoji)}
          onMore={(button) => reactions.pick(entry, below(button, own ? "end" : "start"))}
        />
      )}
      {reply !== undefined && <Tool label={words.chat.reply} icon="reply" act={() => reply(entry)} />}
      {openThread !== undefined && <Tool label={thread.reply} icon="thread" act={() => openThread(entry)} />}
      <button
        type="button"
        tabIndex={-1}
        className="icon-button tool"
        aria-label={words.chat.actions}
        title={tools.more}
        aria-haspopup="menu"
        onClick={more}
      >
        <Icon name="more" size={18} />
      </button>
    </div>
  )
}
