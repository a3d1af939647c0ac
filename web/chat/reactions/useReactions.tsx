// Reacting to messages, and the windows for it: all emoji, and who reacted.
import { type ReactNode, useMemo, useState } from "react"
import { textWords } from "../../i18n/useTextWords.ts"
import type { Entry } from "../../model/Entry.ts"
import { later } from "../../ui/later.tsx"
import type { MenuPlace } from "../../ui/Menu.tsx"
import { notice, refusal, refusalText } from "../../ui/notices.tsx"
import { keepRecent } from "./quickEmoji.ts"
import { useWantedReactions } from "./useWanted.ts"
import { withWanted } from "./WantedReactions.ts"

const EmojiWindow = later(() => import("../windows.ts").then(({ EmojiWindow }) => EmojiWindow))
const Reactors = later(() => import("../windows.ts").then(({ Reactors }) => Reactors))

export interface ReactionActions {
  /** Adds the emoji of this user, or removes it. */
  react(entry: Entry, emoji: string): void
  /** Opens the window of all emoji. */
  pick(entry: Entry, place: MenuPlace): void
  /** Opens the list of those who reacted, with this emoji or any. */
  showWho(entry: Entry, emoji?: string): void
}

type Open =
  | { readonly kind: "pick"; readonly entry: Entry; readonly place: MenuPlace }
  | { readonly kind: "who"; readonly entry: Entry; readonly emoji: string | undefined }

export const useReactions = (): { readonly actions: ReactionActions; readonly windows: ReactNode } => {
  const wanted = useWantedReactions()
  const [open, setOpen] = useState<Open>()
  const actions = useMemo<ReactionActions>(
    () => ({
      react: (entry, emoji) => {
        const { id } = entry
        if (id === null) return
        const on = !withWanted(entry, wanted.of(id)).mine.includes(emoji)
        if (on) keepRecent(emoji)
        wanted
          .want(id, emoji, on)
          .catch((cause) =>
            notice(refusal(cause) === "TooManyReactions" ? textWords().reactions.tooMany : refusalText(cause)),
          )
      },
      pick: (entry, place) => setOpen({ kind: "pick", entry, place }),
      showWho: (entry, emoji) => setOpen({ kind: "who", entry, emoji }),
    }),
    [wanted],
  )
  const close = () => setOpen(undefined)
  const windows =
    open === undefined ? null : open.kind === "pick" ? (
      <EmojiWindow place={open.place} onClose={close} onChoose={(emoji) => actions.react(open.entry, emoji)} />
    ) : open.entry.id === null ? null : (
      <Reactors messageId={open.entry.id} counts={open.entry.reactions} emoji={open.emoji} onClose={close} />
    )
  return { actions, windows }
}
