// The same server with one INSERT for each message, on a pool of connections: what most chat servers do.
import pg from "pg"
import { type Outcome, type Sending, type Store, serve } from "./bare.ts"

const insert = `
  insert into messages (chat_id, seq, sender_id, text, dedup_key) values ($1, $2, $3, $4, $5)
  on conflict (chat_id, sender_id, dedup_key) do nothing
  returning id, created_at`
const known = "select id, seq, created_at from messages where chat_id = $1 and sender_id = $2 and dedup_key = $3"

/** A chat's messages are stored one after the other, since each takes the next number; chats run concurrently. */
const eachOnItsOwn = async (url: string): Promise<Store> => {
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  const tails = new Map<number, Promise<void>>()

  const stored = async (sending: Sending): Promise<Outcome> => {
    const { chat, key, sender, text } = sending
    const common = { chat_id: chat.id, sender_id: sender, text }
    const { rows } = await pool.query({
      name: "insert",
      text: insert,
      values: [chat.id, chat.lastSeq + 1, sender, text, key],
    })
    if (rows.length > 0) {
      chat.lastSeq++
      const message = { ...common, id: rows[0].id, seq: chat.lastSeq, created_at: rows[0].created_at.toISOString() }
      return { sending, message, duplicate: false }
    }
    const { rows: found } = await pool.query(known, [chat.id, sender, key])
    const { created_at, id, seq } = found[0]
    return {
      sending,
      message: { ...common, id, seq: Number(seq), created_at: created_at.toISOString() },
      duplicate: true,
    }
  }

  return (sending, settled) => {
    const before = tails.get(sending.chat.id) ?? Promise.resolve()
    const after = before
      .then(() => stored(sending))
      .catch((): Outcome => ({ sending, message: undefined, duplicate: false }))
      .then((outcome) => settled([outcome]))
    tails.set(sending.chat.id, after)
  }
}

await serve(eachOnItsOwn)
