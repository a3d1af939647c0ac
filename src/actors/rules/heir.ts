// Who becomes the owner of a group when its owner leaves.
import type { UserId } from "../../domain/Ids.ts"
import type { ChatState, MemberState } from "./ChatState.ts"

/** The longest-standing admin, otherwise member. */
export const heir = (state: ChatState, leaving: UserId): UserId | undefined => {
  let best: readonly [UserId, MemberState] | undefined
  for (const entry of state.members) {
    if (entry[0] === leaving) continue
    if (best === undefined || outranks(entry, best)) best = entry
  }
  return best?.[0]
}

const outranks = (a: readonly [UserId, MemberState], b: readonly [UserId, MemberState]): boolean => {
  if ((a[1].role === "admin") !== (b[1].role === "admin")) return a[1].role === "admin"
  return a[1].joined_at !== b[1].joined_at ? a[1].joined_at < b[1].joined_at : a[0] < b[0]
}
