// Mentions in the statement that commits any batch of changes: its arms and their parameters.
import { numbers, texts } from "../database/params.ts"
import { hasMentions, notedFrom, noteParams } from "./commitPieces.ts"
import type { ChatChange } from "./shape.ts"

/** Mentions and replies of deleted messages; with the parameters of edited messages. */
export const unnoted = `
  unnoted as (
    delete from mentions n
    using unnest($31::float8[], $32::float8[], $35::boolean[]) as u(chat_id, id, deleted)
      join fenced f on f.id = u.chat_id::bigint
    where u.deleted and n.message_id = u.id::bigint and n.chat_id = f.id
  )`

/** `at`: the number of the first of the eleven parameters, which `edited` uses. */
export const mentionArms = (at: number): string => `
  ${notedFrom(at + 1)}, mentioned as (
    insert into mentions (user_id, chat_id, message_id, is_reply)
    select u.user_id::bigint, f.id, m.id, false
    from unnest($${at + 5}::float8[], $${at + 6}::float8[], $${at + 7}::float8[]) as u(chat_id, message_id, user_id)
      join fenced f on f.id = u.chat_id::bigint
      join messages m on m.id = u.message_id::bigint and m.chat_id = f.id
    on conflict do nothing
  ), unmentioned as (
    delete from mentions n
    using unnest($${at + 8}::float8[], $${at + 9}::float8[], $${at + 10}::float8[]) as u(chat_id, message_id, user_id)
      join fenced f on f.id = u.chat_id::bigint
    where n.user_id = u.user_id::bigint and n.chat_id = f.id and n.message_id = u.message_id::bigint
      and not n.is_reply
  )`

/** Whether new messages mention users or reply to them, or edits change whom a message mentions. */
export const changesMentions = (changes: ReadonlyArray<ChatChange>): boolean =>
  hasMentions(changes) || changes.some(({ messages }) => messages.some(({ mentioned }) => mentioned !== null))

/** The first are the parts of edited messages, aligned with these: null: unchanged. */
export const mentionParams = (changes: ReadonlyArray<ChatChange>) => {
  const edits = changes.flatMap(({ chat_id, messages }) => messages.map((item) => ({ chat_id, ...item })))
  const users = (which: "added" | "removed") => {
    const rows = edits.flatMap(({ chat_id, id, mentioned }) =>
      (mentioned?.[which] ?? []).map((user_id) => ({ chat_id, message_id: id, user_id })),
    )
    return [
      numbers(rows.map(({ chat_id }) => chat_id)),
      numbers(rows.map(({ message_id }) => message_id)),
      numbers(rows.map(({ user_id }) => user_id)),
    ]
  }
  return [
    texts(edits.map(({ mentioned }) => mentioned && JSON.stringify(mentioned.parts))),
    ...noteParams(changes),
    ...users("added"),
    ...users("removed"),
  ]
}
