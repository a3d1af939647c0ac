// How an account looks that was deleted. Imports nothing, so that a page can use it without the schemas.
import type { User } from "./User.ts"

/** What others see of an account that was deleted. No user name that anybody can choose has a colon. */
export const deletedName = "Deleted account"
export const deletedUsernamePrefix = "deleted:"

export const isDeletedAccount = (user: Pick<User, "id" | "username">): boolean =>
  user.username === `${deletedUsernamePrefix}${user.id}`
