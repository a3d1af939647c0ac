// The ceiling: one journal for all chats. One flush is in flight; messages that arrive during it form the next one, a
// single prepared INSERT of many rows. This is as fast as Node and PostgreSQL commit every message before its
// acknowledgement.
import pg from "pg"
import { type Outcome, type Sending, type Store, serve } from "./bare.ts"
import type { Stored } from "./frames.ts"

const insert = `
  insert into messages (chat_id, seq, sender_id, text, dedup_key, created_at)
  select chat_id, seq, sender_id, text, dedup_key, $6::timestamptz
  from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])
    with ordinality as r (chat_id, seq, sender_id, text, dedup_key, n)
  order by n
  returning id`
const known = `
  select m.id, m.seq, m.created_at, r.n from unnest($1::bigint[], $2::bigint[], $3::text[])
    with ordinality as r (chat_id, sender_id, dedup_key, n)
  join messages m using (chat_id, sender_id, dedup_key)`

const numbers = (values: ReadonlyArray<number>): string => `{${values.join(",")}}`
const isDuplicate = (cause: unknown): boolean => cause instanceof pg.DatabaseError && cause.code === "23505"

const commit = async (client: pg.Client, sendings: ReadonlyArray<Sending>): Promise<ReadonlyArray<Outcome>> => {
  const created_at = new Date().toISOString()
  const next = new Map<Sending["chat"], number>()
  const seqs = sendings.map(({ chat }) => {
    const seq = (next.get(chat) ?? chat.lastSeq) + 1
    next.set(chat, seq)
    return seq
  })
  const values = [
    numbers(sendings.map(({ chat }) => chat.id)),
    numbers(seqs),
    numbers(sendings.map(({ sender }) => sender)),
    sendings.map(({ text }) => text),
    sendings.map(({ key }) => key),
    created_at,
  ]
  const { rows } = await client.query({ name: "insert", text: insert, values })
  for (const [chat, seq] of next) chat.lastSeq = seq
  return sendings.map((sending, index) => ({
    sending,
    message: {
      id: rows[index].id,
      chat_id: sending.chat.id,
      seq: seqs[index]!,
      sender_id: sending.sender,
      text: sending.text,
      created_at,
    },
    duplicate: false,
  }))
}

const keyOf = ({ chat, key, sender }: Sending): string => `${chat.id} ${sender} ${key}`

/** Rare: some of the batch were stored before, or are in it twice. Settles those; the others are committed again. */
const commitWithDuplicates = async (
  client: pg.Client,
  sendings: ReadonlyArray<Sending>,
): Promise<ReadonlyArray<Outcome>> => {
  const keyed = sendings.filter(({ key }) => key !== null)
  const { rows } = await client.query(known, [
    numbers(keyed.map(({ chat }) => chat.id)),
    numbers(keyed.map(({ sender }) => sender)),
    keyed.map(({ key }) => key),
  ])
  const stored = new Map<string, Stored>()
  for (const { created_at, id, n, seq } of rows) {
    const { chat, sender, text } = keyed[Number(n) - 1]!
    const created = (created_at as Date).toISOString()
    stored.set(keyOf(keyed[Number(n) - 1]!), {
      id,
      chat_id: chat.id,
      seq: Number(seq),
      sender_id: sender,
      text,
      created_at: created,
    })
  }
  const fresh = new Map<Sending | string, Sending>()
  for (const sending of sendings) {
    const key = sending.key === null ? sending : keyOf(sending)
    if (typeof key === "string" && (stored.has(key) || fresh.has(key))) continue
    fresh.set(key, sending)
  }
  const outcomes = fresh.size === 0 ? [] : await commit(client, [...fresh.values()])
  for (const { message, sending } of outcomes) if (message !== undefined) stored.set(keyOf(sending), message)
  const settled = new Set(outcomes.map(({ sending }) => sending))
  const repeated = sendings.filter((sending) => !settled.has(sending))
  return [
    ...outcomes,
    ...repeated.map((sending) => ({ sending, message: stored.get(keyOf(sending)), duplicate: true })),
  ]
}

const journal = async (url: string): Promise<Store> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  let waiting: Array<Sending> = []
  let busy = false

  const flush = async (settled: (outcomes: ReadonlyArray<Outcome>) => void): Promise<void> => {
    busy = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      settled(
        await commit(client, batch)
          .catch((cause) => (isDuplicate(cause) ? commitWithDuplicates(client, batch) : Promise.reject(cause)))
          .catch(() => batch.map((sending) => ({ sending, message: undefined, duplicate: false }))),
      )
    }
    busy = false
  }

  return (sending, settled) => {
    waiting.push(sending)
    if (!busy) {
      busy = true
      // The rest of what this turn of the loop has read joins the batch.
      setImmediate(() => void flush(settled))
    }
  }
}

await serve(journal)
