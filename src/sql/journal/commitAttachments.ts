// Attachments in the statements that commit changes: the arms, and their parameters. The rows are what is asked: who may
// see a file, which files a chat has, whether a file is in use. A message shows its attachments as parts.
import { numbers, texts } from "../database/params.ts"
import type { ChatChange } from "./shape.ts"

/** Whether any new message has attachments. */
export const hasAttachments = (changes: ReadonlyArray<ChatChange>): boolean =>
  changes.some(({ sent }) => sent.some(({ draft }) => draft.parts?.attachments !== undefined))

/** Whether attachments are added or removed. */
export const changesAttachments = (changes: ReadonlyArray<ChatChange>): boolean =>
  hasAttachments(changes) || changes.some(({ messages }) => messages.some(({ detached }) => detached))

/**
 * The attachments of new messages; `at` is the number of the first of the five parameters. Joins `sent`, so that a chat
 * whose `seq` is taken fails by that of the message.
 */
export const attachedFrom = (at: number): string => `
  attached as (
    insert into attachments (chat_id, seq, place, file_id, kind)
    select s.chat_id, s.seq, u.place::smallint, u.file_id::bigint, u.kind
    from unnest($${at}::float8[], $${at + 1}::float8[], $${at + 2}::float8[], $${at + 3}::float8[], $${at + 4}::text[])
      as u(chat_id, seq, place, file_id, kind)
    join sent s on s.chat_id = u.chat_id::bigint and s.seq = u.seq::bigint
  )`

/** Those of deleted messages. Those of a deleted chat go with its messages, step by step: there may be very many. */
export const detached = `
  detached as (
    delete from attachments a using edited e where e.deleted and a.chat_id = e.chat_id and a.seq = e.seq
  )`

export const attachedParams = (changes: ReadonlyArray<ChatChange>) => {
  const rows = changes.flatMap(({ chat_id, sent }) =>
    sent.flatMap(({ draft, seq }) =>
      (draft.parts?.attachments ?? []).map(({ id, kind }, place) => ({ chat_id, seq, place, id, kind })),
    ),
  )
  return [
    numbers(rows.map(({ chat_id }) => chat_id)),
    numbers(rows.map(({ seq }) => seq)),
    numbers(rows.map(({ place }) => place)),
    numbers(rows.map(({ id }) => id)),
    texts(rows.map(({ kind }) => kind)),
  ]
}
