// What a user may not do in a private chat whose other user has blocked them: anything new for that user to see. They
// may read, delete their messages and take their reactions and pins back.
import { Blocked } from "../../domain/errors.ts"
import type { ChatState } from "./ChatState.ts"
import type { Command } from "./Command.ts"

/** The refusal of the command; undefined: no block concerns it. */
export const blockedBy = ({ blockers }: ChatState, command: Command): Blocked | undefined => {
  if (blockers.length === 0) return undefined
  const isNew = command._tag === "Send" || command._tag === "Edit" || (command._tag === "Record" && command.on)
  const user_ids = blockers.filter((blocker) => blocker !== command.by)
  return isNew && user_ids.length > 0 ? new Blocked({ user_ids }) : undefined
}
