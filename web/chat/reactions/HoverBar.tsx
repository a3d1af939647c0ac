// The emoji beside the message under the pointer or with the focus. It stands beside the bubble where there is room, and
// over its upper edge elsewhere.
import { useLayoutEffect, useRef } from "react"
import type { Entry } from "../../model/Entry.ts"
import { below } from "../../ui/Menu.tsx"
import { QuickEmoji } from "./QuickEmoji.tsx"
import type { ReactionActions } from "./useReactions.tsx"

const gap = 8
/** The button of the message's menu, between the bubble and the bar. */
const menuButton = 40

export const HoverBar = ({ entry, own, actions }: { entry: Entry; own: boolean; actions: ReactionActions }) => {
  const ref = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another entry has another size
  useLayoutEffect(() => {
    const bar = ref.current
    const line = bar?.parentElement
    const bubble = line?.querySelector<HTMLElement>(".bubble")
    if (bar == null || line == null || bubble == null) return
    const width = bar.offsetWidth
    const [start, end] = [bubble.offsetLeft, bubble.offsetLeft + bubble.offsetWidth]
    const beside = own ? start - gap - menuButton - width : end + gap + menuButton
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
  }, [own, entry])
  return (
    <div ref={ref} className="hover-bar">
      <QuickEmoji
        mine={entry.mine}
        count={6}
        onChoose={(emoji) => actions.react(entry, emoji)}
        onMore={(button) => actions.pick(entry, below(button, own ? "end" : "start"))}
      />
    </div>
  )
}
