// How a member leaves a group.
import type { Role } from "../../domain/Chat.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { Change, ChatState } from "./ChatState.ts"
import { heir } from "./heir.ts"

/** The versions begin with `version`. */
export const leave = (state: ChatState, version: number, user_id: UserId, role: Role): ReadonlyArray<Change> => {
  const removed: Change = { _tag: "MemberRemoved", version, user_id }
  if (role !== "owner") return [removed]
  const next = heir(state, user_id)
  return next === undefined
    ? [removed, { _tag: "ChatDeleted", version: version + 1 }]
    : [removed, { _tag: "RoleSet", version: version + 1, user_id: next, role: "owner" }]
}
