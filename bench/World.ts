// The users and chats of a benchmark's database: the same for every server, defined by arithmetic, so that seeds and
// load generator agree without communication. Does not know any server's tables.

/** Users in chats of two, for everything but fan-out: users `2i-1` and `2i` are in chat `i`. */
const pairs = 5_000

/** Groups for fan-out, each with members of its own. */
const crowdSizes = [2, 200, 2_000] as const

export interface SeededChat {
  readonly id: number
  /** The first of its members; the others have the following ids. */
  readonly first: number
  readonly members: number
}

export const pair = (index: number): SeededChat => ({ id: index, first: 2 * index - 1, members: 2 })

export const crowds: ReadonlyArray<SeededChat> = crowdSizes.map((members, index) => ({
  id: pairs + 1 + index,
  first: 2 * pairs + 1 + crowdSizes.slice(0, index).reduce((sum, size) => sum + size, 0),
  members,
}))

/** A chat of two with a long history. */
export const archive: SeededChat = {
  id: pairs + crowds.length + 1,
  first: 2 * pairs + crowdSizes.reduce((sum, size) => sum + size, 0) + 1,
  members: 2,
}

export const World = {
  pairs,
  users: archive.first + 1,
  groups: [...crowds, archive],
} as const

/** SQL: every membership, as rows of (chat_id, user_id). */
export const membershipsSql = [
  `select (u + 1) / 2 as chat_id, u as user_id from generate_series(1, ${2 * pairs}) u`,
  ...World.groups.map(
    ({ id, first, members }) => `select ${id}, u from generate_series(${first}, ${first + members - 1}) u`,
  ),
].join(" union all ")

/** SQL: the archive's messages, as rows of (chat_id, seq, sender_id, text, dedup_key). */
export const archiveSql = (rows: number): string =>
  `select ${archive.id} as chat_id, n as seq, ${archive.first} + n % 2 as sender_id,
     lpad(n::text, 8, '0') || ' a line of a conversation that went on for a long time' as text, 'archive-' || n as dedup_key
   from generate_series(1, ${rows}) n`

/** The session of a user: a UUID that contains the user's id. */
export const sessionId = (user: number): string => `00000000-0000-4000-8000-${String(user).padStart(12, "0")}`
