// What one device knows of one chat, by the events that it heard, and what was wrong with them on arrival.
import type { Frame } from "../support/person.ts"
import type { Held, Message } from "./History.ts"

const messageOf = (frame: Frame): Message => ({
  id: frame.id,
  chat_id: frame.chat_id,
  seq: frame.seq,
  sender_id: frame.sender_id,
  text: frame.text,
  created_at: frame.created_at,
  edited_at: frame.edited_at,
  deleted: frame.deleted,
  reply_to: frame.reply_to,
})

export class ChatLog {
  readonly chat_id: number
  version: number
  readonly violations: Array<string> = []
  #name: string | null
  readonly #bySeq = new Map<number, Message>()
  readonly #reads = new Map<number, number>()
  #fullyRead = 0

  readonly #isWhole: boolean

  /** `isWhole`: known from its beginning; otherwise, as for a guest, only the versions of what is heard are looked at. */
  constructor(chat_id: number, version: number, name: string | null, isWhole: boolean) {
    this.chat_id = chat_id
    this.#isWhole = isWhole
    this.version = version
    this.#name = name
  }

  get lastSeq(): number {
    return this.#bySeq.size
  }

  messageAt(seq: number): Message | undefined {
    return this.#bySeq.get(seq)
  }

  /**
   * `live`: no message is left out; otherwise this is a replay, where later states stand for earlier ones. `everyVersion`: nor is
   * anything else. Between nodes it may be: what Redis lost is read from the database, as it is by then.
   */
  hear(frame: Frame, live: boolean, everyVersion = live): void {
    if (frame.type === "fully_read") {
      if (frame.seq <= this.#fullyRead) this.#wrong(`fully_read ${frame.seq} after ${this.#fullyRead}`)
      this.#fullyRead = frame.seq
      return
    }
    const follows = everyVersion ? frame.version === this.version + 1 : frame.version > this.version
    if (!follows) this.#wrong(`${live ? "live" : "replayed"} ${frame.type} ${frame.version} after ${this.version}`)
    this.version = Math.max(this.version, frame.version)
    if (!this.#isWhole) return
    switch (frame.type) {
      case "message": {
        if (this.#bySeq.has(frame.seq)) this.#wrong(`message ${frame.seq} again`)
        else if (live && frame.seq !== this.lastSeq + 1) this.#wrong(`message ${frame.seq} after ${this.lastSeq}`)
        this.#bySeq.set(frame.seq, messageOf(frame))
        this.#read(frame.sender_id, frame.seq)
        break
      }
      case "message_updated":
      case "message_deleted": {
        const known = this.#bySeq.get(frame.seq)
        if (known?.id !== frame.id) this.#wrong(`${frame.type} of ${frame.id}, which it never heard of`)
        if (frame.type === "message_deleted" && !frame.deleted)
          this.#wrong(`message_deleted ${frame.id} is not deleted`)
        this.#bySeq.set(frame.seq, messageOf(frame))
        break
      }
      case "read": {
        const before = this.#reads.get(frame.user_id) ?? 0
        if (live ? frame.seq <= before : frame.seq < before)
          this.#wrong(`read of ${frame.user_id} fell from ${before} to ${frame.seq}`)
        this.#read(frame.user_id, frame.seq)
        break
      }
      case "chat_updated":
        this.#name = frame.chat.name
        break
      case "member_added":
      case "member_updated":
        this.#read(frame.member.user.id, frame.member.last_read_seq)
        break
      case "member_removed":
        this.#reads.delete(frame.user_id)
        break
      default:
        this.#wrong(`unexpected ${frame.type}`)
    }
  }

  /** The replay is over: the server says that the chat stands at `version`. */
  synced(version: number): void {
    if (version < this.version) this.#wrong(`synced at ${version}, but heard ${this.version}`)
    this.version = Math.max(this.version, version)
    if (!this.#isWhole) return
    for (let seq = 1; seq <= this.#bySeq.size; seq++)
      if (!this.#bySeq.has(seq)) {
        this.#wrong(`synced at ${version} without message ${seq}`)
        break
      }
  }

  held(): Held & { readonly version: number } {
    return {
      chat_id: this.chat_id,
      version: this.version,
      name: this.#name,
      messages: [...this.#bySeq.values()].sort((a, b) => a.seq - b.seq),
      reads: new Map(this.#reads),
    }
  }

  #read(user: number, seq: number): void {
    this.#reads.set(user, Math.max(this.#reads.get(user) ?? 0, seq))
  }

  #wrong(what: string): void {
    this.violations.push(`chat ${this.chat_id}: ${what}`)
  }
}
