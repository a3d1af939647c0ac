// Blocks in SQL: see domain/blocks.ts.
import { blockPrefix } from "../../domain/blocks.ts"

/** Whether one user has blocked another; both are SQL. */
export const hasBlocked = (owner: string, other: string): string =>
  `exists (select from user_state where user_id = ${owner} and key = '${blockPrefix}' || ${other} and value is not null)`
