// One connection to the fake server: frames take their time, keep their order, and are lost when it is cut.
import type { SocketLike } from "../../../src/client/Runtime.ts"
import type { UnknownFrame } from "../../../src/client/state/UnknownFrame.ts"
import type { ServerFrame } from "../../../src/contract/ServerFrame.ts"
import type { FileId } from "../../../src/domain/File.ts"
import type { ChatId, MessageId, SessionId, UserId } from "../../../src/domain/Ids.ts"
import type { StateEntry } from "../../../src/domain/State.ts"
import { type Event, type FakeChat, type NewerEvent, Refused } from "./FakeChat.ts"
import type { FakeServer } from "./FakeServer.ts"

interface ClientFrame {
  readonly type: string
  readonly ref?: number
  readonly chat_id: ChatId
  readonly text: string
  readonly dedup_key: string | null
  readonly attachments?: ReadonlyArray<FileId>
  readonly reply_to: MessageId | null
  readonly seq: number
  readonly cursors: Record<string, number>
  readonly check?: Record<string, readonly [number, number]>
  readonly is_typing?: boolean
}

export class FakeSocket implements SocketLike {
  onopen: SocketLike["onopen"] = null
  onmessage: SocketLike["onmessage"] = null
  onclose: SocketLike["onclose"] = null
  onerror: SocketLike["onerror"] = null
  user = 0 as UserId
  /** The frames that the client has sent. */
  readonly said: Array<ClientFrame> = []
  /** The connection is dead without a close. */
  deaf = false
  /** Messages wait forever, as behind an unresponsive database; pings are answered. */
  stuck = false
  /** So many of the next events are lost, against all promises. */
  swallow = 0
  private holding: boolean
  private held: Array<{ readonly id: ChatId; readonly version: number; readonly run: () => void }> = []
  private heldState: Array<StateEntry> = []
  private ended = false
  private outAt = 0
  private inAt = 0
  private readonly server: FakeServer

  constructor(server: FakeServer, resume: boolean) {
    this.server = server
    this.holding = resume
  }

  open(user: UserId, session_id: SessionId): void {
    if (this.ended) return
    this.user = user
    this.server.sockets.add(this)
    const chats = this.server.chatsOf(user).map((chat) => {
      const { id: chat_id, last_seq, last_read_seq, unread_count, unread_mention_count: mentions } = chat.view(user)
      const counts = { unread_count, ...(mentions === undefined ? {} : { unread_mention_count: mentions }) }
      return { chat_id, last_seq, last_read_seq, ...counts, version: chat.version }
    })
    const heartbeat = { ping_seconds: 25, timeout_seconds: 60 }
    this.push({
      type: "hello",
      user_id: user,
      session_id,
      heartbeat,
      features: this.server.features,
      me: this.server.stateOf(user).version,
      chats,
      online: this.server.online,
    })
  }

  /** The connection ends: nothing that is on its way arrives. */
  end(code: number, reason: string): void {
    if (this.ended) return
    this.ended = true
    this.server.sockets.delete(this)
    this.server.time.after(0, () => this.onclose?.({ code, reason }))
  }

  close(): void {
    this.ended = true
    this.server.sockets.delete(this)
  }

  send(data: string): void {
    if (data.length > this.server.maxFrame) {
      this.end(1009, "")
      return
    }
    this.inAt = Math.max(this.inAt, this.server.time.now() + this.server.time.random() * this.server.network.latency)
    this.server.time.after(this.inAt - this.server.time.now(), () => {
      if (!this.ended) this.hear(JSON.parse(data))
    })
  }

  push(frame: ServerFrame | NewerEvent | UnknownFrame["frame"]): void {
    const data = JSON.stringify(frame)
    this.outAt = Math.max(this.outAt, this.server.time.now() + this.server.time.random() * this.server.network.latency)
    this.server.time.after(this.outAt - this.server.time.now(), () => {
      if (!this.ended && !this.deaf) this.onmessage?.({ data })
    })
  }

  publish(chat: FakeChat, events: ReadonlyArray<Event | NewerEvent>, also: ReadonlyArray<UserId>): void {
    if (!chat.has(this.user) && !also.includes(this.user)) return
    if (this.swallow > 0) {
      this.swallow--
      return
    }
    for (const event of events) {
      const run = () => this.push(this.mine(chat, event))
      if (this.holding) this.held.push({ id: chat.id, version: event.version, run })
      else run()
    }
  }

  publishState(entry: StateEntry): void {
    // The first sync has it, or is followed by it.
    if (this.holding) this.heldState.push(entry)
    else this.push({ type: "state", ...entry })
  }

  private mine(chat: FakeChat, event: Event | NewerEvent): Event | NewerEvent {
    if (event.type === "poll") return event
    if (event.type === "member_added" && event.member.user.id === this.user) {
      return { type: "chat_created", chat: chat.summary(), version: event.version }
    }
    if (!("dedup_key" in event) || event.sender_id === this.user) return event
    return { ...event, dedup_key: null }
  }

  private hear(frame: ClientFrame): void {
    this.said.push(frame)
    const ref = frame.ref === undefined ? {} : { ref: frame.ref }
    try {
      if (frame.type === "message" && this.stuck) return
      if (frame.type === "message") this.message(frame, ref)
      else if (frame.type === "read") {
        const seq = this.chat(frame.chat_id).read(this.user, frame.seq)
        this.push({ type: "ack", ...ref, chat_id: frame.chat_id, seq })
      } else if (frame.type === "sync") this.sync(frame, ref)
      else if (frame.type === "ping") this.push({ type: "pong", ...ref, time: this.server.now() })
      else if (frame.type === "auth") this.push({ type: "ack", ...ref, expires_at: this.server.now() })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.push({ type: "error", ...ref, code: error.code, message: error.code })
    }
  }

  private chat(id: ChatId): FakeChat {
    const chat = this.server.chats.get(id)
    if (chat === undefined || !chat.has(this.user)) throw new Refused("not_found")
    return chat
  }

  private message(frame: ClientFrame, ref: { readonly ref?: number }): void {
    const refusal = this.server.refusals.shift()
    if (refusal !== undefined) {
      this.push({ type: "error", ...ref, message: refusal.code, ...refusal })
      return
    }
    const { attachments = [], text, dedup_key, reply_to } = frame
    const files = attachments.map((id: FileId) => {
      const file = this.server.files.get(id)
      if (file === undefined) throw new Refused("not_found")
      return file
    })
    const id = ++this.server.ids as MessageId
    const { message, duplicate } = this.chat(frame.chat_id).send(
      this.user,
      text,
      dedup_key,
      reply_to,
      id,
      this.server.now(),
      files,
    )
    const { id: message_id, seq, created_at, chat_id } = message
    this.push({ type: "ack", ...ref, message_id, chat_id, seq, created_at, duplicate })
  }

  private sync(frame: ClientFrame, ref: { readonly ref?: number }): void {
    this.holding = false
    const cursors: Record<string, number> = {}
    const failed: Array<ChatId> = []
    const { me } = frame.cursors
    const state = this.server.stateOf(this.user)
    if (me === undefined) for (const entry of this.heldState) this.push({ type: "state", ...entry })
    else if (me > state.version || state.version - me > this.server.replayLimit)
      this.push({ type: "reset", chat_id: null, version: state.version })
    else for (const entry of state.since(me)) this.push({ type: "state", ...entry })
    this.heldState = []
    if (me !== undefined) cursors.me = state.version
    for (const [key, cursor] of Object.entries(frame.cursors)) {
      if (key === "me") continue
      const chat = this.server.chats.get(Number(key) as ChatId)
      if (chat === undefined || !chat.has(this.user)) {
        this.push({ type: "chat_gone", chat_id: Number(key) as ChatId })
        continue
      }
      if (this.server.fails(chat.id)) {
        failed.push(chat.id)
        this.breakOff(chat, cursor)
        continue
      }
      cursors[key] = chat.version
      if (cursor > chat.version || chat.version - cursor > this.server.replayLimit) {
        this.push({ type: "reset", chat_id: chat.id, version: chat.version })
        continue
      }
      for (const event of chat.missed(cursor)) this.push(this.mine(chat, event))
      const range = frame.check?.[key]
      if (range !== undefined) {
        this.push({ type: "check", chat_id: chat.id, version: chat.version, ...chat.sums(...range) })
        this.server.checks++
      }
    }
    for (const { id, run } of this.held) if (!(id in frame.cursors)) run()
    this.push({ type: "synced", ...ref, cursors, ...(failed.length === 0 ? {} : { failed }) })
    for (const { id, run } of this.held) if (failed.includes(id)) run()
    this.held = []
  }

  /** Sends the first of what was missed, or nothing; what the client has and is not newer is not sent again. */
  private breakOff(chat: FakeChat, cursor: number): void {
    if (cursor > chat.version || chat.version - cursor > this.server.replayLimit) return
    const missed = chat.missed(cursor)
    const told = missed.slice(0, Math.floor(this.server.time.random() * missed.length))
    for (const event of told) this.push(this.mine(chat, event))
    const floor = told.at(-1)?.version ?? 0
    this.held = this.held.filter(({ id, version }) => id !== chat.id || version > floor)
  }
}
