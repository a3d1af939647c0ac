// The rows of the table `mentions`: for whom a message is a mention or a reply. A message's parts show the same
// mentions; the rows are what is counted and listed.
import type { UserId } from "../../domain/Ids.ts"
import type { MessageParts } from "../../domain/MessageParts.ts"

export type Mentioned = UserId | 0
/** In a row, in place of a user: all members of the group. */
export const everybody: Mentioned = 0

export interface MentionRow {
  readonly user_id: Mentioned
  /** The message replies to one of this user; whether it also mentions them does not matter. */
  readonly is_reply: boolean
}

/** How an edit changes the mentions of a message. */
export interface MentionChange {
  /** The message's parts from now on. */
  readonly parts: MessageParts | null
  readonly added: ReadonlyArray<Mentioned>
  readonly removed: ReadonlyArray<Mentioned>
}

interface Written {
  readonly draft: { readonly parts: MessageParts | null }
  readonly replied_to: UserId | null
}

const mentionedBy = (parts: MessageParts | null): ReadonlyArray<Mentioned> => [
  ...(parts?.mentions ?? []),
  ...(parts?.mentions_all === true ? [everybody] : []),
]

/** Of a new message. */
export const mentionRows = ({ draft, replied_to }: Written): ReadonlyArray<MentionRow> => {
  const rows: Array<MentionRow> = replied_to === null ? [] : [{ user_id: replied_to, is_reply: true }]
  for (const user_id of mentionedBy(draft.parts)) if (user_id !== replied_to) rows.push({ user_id, is_reply: false })
  return rows
}

/** null: the edited text mentions the same users as before. */
export const changedMentions = (before: MessageParts | null, parts: MessageParts | null): MentionChange | null => {
  const [former, now] = [mentionedBy(before), mentionedBy(parts)]
  if (former.length === now.length && former.every((user_id, i) => user_id === now[i])) return null
  return {
    parts,
    added: now.filter((user_id) => !former.includes(user_id)),
    removed: former.filter((user_id) => !now.includes(user_id)),
  }
}
