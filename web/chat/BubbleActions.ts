// What a message asks its list to do.
import type { RefCallback } from "react"
import type { Entry } from "../model/Entry.ts"
import type { MenuPlace } from "../ui/Menu.tsx"
import type { ReactionActions } from "./reactions/useReactions.tsx"

export interface BubbleActions {
  openMenu(entry: Entry, place: MenuPlace): void
  /** Absent where nobody can answer. */
  readonly reply?: (entry: Entry) => void
  /** Absent within a thread. */
  readonly openThread?: (entry: Entry) => void
  goToQuoted(entry: Entry): void
  /** To the message from which it was forwarded. */
  goToOriginal(entry: Entry): void
  retry(entry: Entry): void
  discard(entry: Entry): void
  /** undefined: there is nobody to react to. */
  readonly reactions: ReactionActions | undefined
  readonly seen: RefCallback<HTMLElement>
}
