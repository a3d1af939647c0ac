// A minimal chat server of node:http, ws and pg for the benchmark: verifies a token, knows the members of each chat,
// stores, acknowledges after the commit, delivers, serves history. How messages are stored is its parameter.
import { createServer, type IncomingMessage } from "node:http"
import type { Socket } from "node:net"
import pg from "pg"
import { WebSocketServer } from "ws"
import { ackFrame, errorFrame, helloFrame, messageFrame, type Stored } from "./frames.ts"
import { bearer, userOf } from "./identity.ts"
import { schemaBySeq } from "./schema.ts"

export interface Chat {
  readonly id: number
  readonly members: Set<number>
  readonly sockets: Set<Socket>
  lastSeq: number
}

export interface Sending {
  readonly chat: Chat
  readonly sender: number
  readonly text: string
  readonly key: string | null
  readonly ref: number
  readonly socket: Socket
}

/** The result of one message; `duplicate`: it was stored before. */
export interface Outcome {
  readonly sending: Sending
  readonly message: Stored | undefined
  readonly duplicate: boolean
}

export type Store = (sending: Sending, settled: (outcomes: ReadonlyArray<Outcome>) => void) => void

const chatStatement = `
  select array_agg(user_id)::text[] as members,
    coalesce((select seq from messages where chat_id = $1 order by seq desc limit 1), 0) as last_seq
  from members where chat_id = $1`
const helloStatement = `
  select chat_id, coalesce((select seq from messages m where m.chat_id = o.chat_id order by seq desc limit 1), 0) as last_seq
  from members o where user_id = $1`
const pageStatement = `
  select coalesce(json_agg(m order by m.seq), '[]')::text as json from (
    select id, chat_id, seq, sender_id, text, created_at, null as edited_at, false as deleted, null as reply_to,
      false as is_read, null as dedup_key
    from messages where chat_id = $1 and seq > $2 and seq <= $2::bigint + $3 and exists (
      select from members where chat_id = $1 and user_id = $4)
  ) m`

/** One write for all frames of a socket. */
const write = (due: ReadonlyMap<Socket, ReadonlyArray<Buffer>>): void => {
  for (const [socket, parts] of due) {
    socket.cork()
    for (const part of parts) socket.write(part)
    socket.uncork()
  }
}

/** Sends acknowledgements to the senders and messages to all members; each frame is encoded once. */
const publish = (outcomes: ReadonlyArray<Outcome>): void => {
  const due = new Map<Socket, Array<Buffer>>()
  const give = (socket: Socket, bytes: Buffer) => {
    const parts = due.get(socket)
    if (parts === undefined) due.set(socket, [bytes])
    else parts.push(bytes)
  }
  const frames = new Map<Chat, Array<Buffer>>()
  for (const { duplicate, message, sending } of outcomes) {
    if (message === undefined) {
      give(sending.socket, errorFrame(sending.ref, "unavailable"))
      continue
    }
    give(sending.socket, ackFrame(sending.ref, message, duplicate))
    if (duplicate) continue
    const bytes = messageFrame(message)
    const chat = frames.get(sending.chat)
    if (chat === undefined) frames.set(sending.chat, [bytes])
    else chat.push(bytes)
  }
  for (const [chat, parts] of frames) {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    for (const socket of chat.sockets) give(socket, bytes)
  }
  write(due)
}

export const serve = async (makeStore: (url: string) => Promise<Store>): Promise<void> => {
  const url = process.env.DATABASE_URL ?? ""
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  await pool.query(schemaBySeq)
  const store = await makeStore(url)
  const chats = new Map<number, Promise<Chat>>()

  const loadChat = async (id: number): Promise<Chat> => {
    const { rows } = await pool.query({ name: "chat", text: chatStatement, values: [id] })
    const members = new Set<number>((rows[0].members ?? []).map(Number))
    return { id, members, sockets: new Set(), lastSeq: Number(rows[0].last_seq) }
  }
  const chatOf = (id: number): Promise<Chat> => {
    const known = chats.get(id) ?? loadChat(id)
    chats.set(id, known)
    return known
  }

  const http = createServer(async (request, response) => {
    if (request.url === "/ready") return response.end("{}")
    const user = userOf(bearer(request.headers.authorization))
    const { pathname, searchParams } = new URL(request.url ?? "", "http://_")
    const chat = /^\/history\/(\d+)$/.exec(pathname)?.[1]
    if (user === undefined || chat === undefined) return response.writeHead(user === undefined ? 401 : 404).end()
    const values = [chat, searchParams.get("offset") ?? 0, searchParams.get("limit") ?? 50, user]
    const { rows } = await pool.query({ name: "page", text: pageStatement, values })
    return response.setHeader("content-type", "application/json").end(rows[0].json)
  })

  const sockets = new WebSocketServer({ noServer: true, maxPayload: 65_536, perMessageDeflate: false })
  http.on("upgrade", async (request: IncomingMessage, socket: Socket, head) => {
    const user = userOf(bearer(request.headers.authorization))
    if (user === undefined) {
      socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n")
      return
    }
    const { rows } = await pool.query({ name: "hello", text: helloStatement, values: [user] })
    const mine = new Map<number, Chat>()
    for (const { chat_id } of rows) mine.set(Number(chat_id), await chatOf(Number(chat_id)))
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on("error", () => ws.terminate())
      ws.on("close", () => {
        for (const chat of mine.values()) chat.sockets.delete(socket)
      })
      ws.on("message", (data: Buffer) => {
        const { chat_id, dedup_key = null, ref, text } = JSON.parse(data.toString())
        const chat = mine.get(chat_id)
        if (chat === undefined || typeof text !== "string" || text.length > 4096) {
          socket.write(errorFrame(ref, "invalid"))
          return
        }
        store({ chat, sender: user, text, key: dedup_key, ref, socket }, publish)
      })
      for (const chat of mine.values()) chat.sockets.add(socket)
      socket.write(helloFrame(user, rows))
    })
  })

  http.listen(Number(process.env.PORT), "127.0.0.1")
  process.on("SIGTERM", () => process.exit())
}
