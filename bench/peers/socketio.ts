// Socket.IO with pg, as in its documentation's tutorial: a room for each chat, one INSERT a message with the client's
// key unique, an acknowledgement by callback, `io.to(room).emit` to deliver, and history by OFFSET.
import { createServer } from "node:http"
import pg from "pg"
import { Server } from "socket.io"
import { bearer, userOf } from "./identity.ts"
import { schemaById } from "./schema.ts"

interface Sent {
  readonly chat_id: number
  readonly text: string
  readonly dedup_key?: string
}

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL ?? "", max: 10 })
await pool.query(schemaById)

const http = createServer(async (request, response) => {
  if (request.url === "/ready") return response.end("{}")
  const user = userOf(bearer(request.headers.authorization))
  const { pathname, searchParams } = new URL(request.url ?? "", "http://_")
  const chat = /^\/history\/(\d+)$/.exec(pathname)?.[1]
  if (user === undefined || chat === undefined) return response.writeHead(user === undefined ? 401 : 404).end()
  const { rowCount } = await pool.query("select from members where chat_id = $1 and user_id = $2", [chat, user])
  if (rowCount === 0) return response.writeHead(404).end()
  const { rows } = await pool.query(
    `select id, chat_id, seq, sender_id, text, created_at, null as edited_at, false as deleted, null as reply_to,
       false as is_read, null as dedup_key
     from messages where chat_id = $1 order by id limit $2 offset $3`,
    [chat, searchParams.get("limit") ?? 50, searchParams.get("offset") ?? 0],
  )
  const items = rows.map((row) => ({ ...row, id: Number(row.id), chat_id: Number(row.chat_id), seq: Number(row.seq) }))
  return response.setHeader("content-type", "application/json").end(JSON.stringify(items))
})

const io = new Server(http, { transports: ["websocket"], maxHttpBufferSize: 65_536 })
const room = (chat: number | string) => `chat:${chat}`

io.use((socket, next) => {
  const user = userOf(socket.handshake.auth.token)
  socket.data.user = user
  next(user === undefined ? new Error("unauthorized") : undefined)
})

io.on("connection", async (socket) => {
  const user: number = socket.data.user
  socket.on("message", async ({ chat_id, dedup_key, text }: Sent, callback: (answer: object) => void) => {
    if (!socket.rooms.has(room(chat_id)) || text.length > 4096) return callback({ error: "invalid" })
    const { rows } = await pool.query(
      `insert into messages (chat_id, sender_id, text, dedup_key) values ($1, $2, $3, $4)
       on conflict (chat_id, sender_id, dedup_key) do nothing returning id, created_at`,
      [chat_id, user, text, dedup_key],
    )
    if (rows.length === 0) return callback({ duplicate: true })
    const { created_at } = rows[0]
    const id = Number(rows[0].id)
    const message = { id, chat_id, seq: id, sender_id: user, text, created_at, edited_at: null, deleted: false }
    io.to(room(chat_id)).emit("message", { ...message, reply_to: null, is_read: false, dedup_key: null })
    return callback({ message_id: id, created_at, duplicate: false })
  })
  const { rows } = await pool.query(
    `select chat_id, coalesce((select max(id) from messages m where m.chat_id = o.chat_id), 0) as last_seq
     from members o where user_id = $1`,
    [user],
  )
  await socket.join(rows.map(({ chat_id }) => room(chat_id)))
  socket.emit("hello", { user_id: user, chats: rows })
})

http.listen(Number(process.env.PORT), "127.0.0.1")
process.on("SIGTERM", () => process.exit())
