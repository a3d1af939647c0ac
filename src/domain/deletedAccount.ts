// The public form of a deleted account. Without imports, so that a page can use it without the schemas.
import type { User } from "./User.ts"

/** What other users see of a deleted account. A user name that can be chosen contains no colon. */
export const deletedName = "Deleted account"
export const deletedUsernamePrefix = "deleted:"

export const isDeletedAccount = (user: Pick<User, "id" | "username">): boolean =>
  user.username === `${deletedUsernamePrefix}${user.id}`
