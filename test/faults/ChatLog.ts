// One device's knowledge of one chat, from what it loaded and the events that it received, and the violations on
// arrival. Of two copies of a thing the one with the greater version is newer, in any order.
import type { Frame } from "../support/person.ts"
import type { Held, Message } from "./History.ts"
import { Sums } from "./Sums.ts"

/** A chat as a client loads it anew, seen at one instant. */
export interface Loaded {
  readonly version: number
  readonly name: string | null
  /** The newest, ascending by `seq` without gaps. */
  readonly messages: ReadonlyArray<Message & { readonly version: number; readonly records_version?: number | null }>
  // `version` is that of the text; reactions and pins are as of the chat's.
  /** Who is in it. */
  readonly members: ReadonlyArray<{
    readonly user_id: number
    readonly role: string
    readonly last_read_seq: number
    readonly version: number
    readonly read_version: number
  }>
}

/** The copy with the greater version wins; null: it is gone. */
class Copies<A> {
  readonly #byKey = new Map<number, { readonly value: A | null; readonly version: number }>()

  put(key: number, value: A | null, version: number): void {
    if (version >= (this.#byKey.get(key)?.version ?? 0)) this.#byKey.set(key, { value, version })
  }

  get(key: number): A | undefined {
    return this.#byKey.get(key)?.value ?? undefined
  }

  keys(): ReadonlyArray<number> {
    return [...this.#byKey].filter(([, { value }]) => value !== null).map(([key]) => key)
  }

  /** All that is not among these was gone when the chat stood at `version`. */
  keepOnly(keys: ReadonlySet<number>, version: number): void {
    for (const key of this.keys()) if (!keys.has(key)) this.put(key, null, version)
  }
}

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
  ...(frame.thread_id === undefined ? {} : { thread_id: frame.thread_id }),
  ...(frame.forwarded === undefined ? {} : { forwarded: frame.forwarded }),
  ...(frame.mentions === undefined ? {} : { mentions: frame.mentions }),
  ...(frame.attachments === undefined ? {} : { attachments: frame.attachments }),
  ...(frame.mentions_all === undefined ? {} : { mentions_all: frame.mentions_all }),
})

/** Whether live events may leave out this version of the chat. */
export type LeavesOut = (version: number) => boolean
const nothing: LeavesOut = () => false

export class ChatLog {
  readonly chat_id: number
  version: number
  readonly violations: Array<string> = []
  #name: string | null = null
  #nameVersion = 0
  /** The lowest `seq` that it holds, if it did not begin with the chat. */
  #first = 1
  #lastSeq = 0
  #loaded = false
  #loadedAt = 0
  #changed = 0
  /** Later changes that events have shown by `changed`. */
  readonly #toldAhead = new Set<number>()
  readonly #messages = new Copies<Message>()
  readonly #members = new Copies<string>()
  readonly #reads = new Map<number, number>()
  /** By message id. */
  readonly #reactions = new Copies<NonNullable<Message["reactions"]>>()
  readonly #pins = new Copies<true>()
  readonly #arrived = new Set<number>()
  /** The cursor of a sync on the open socket, until its events begin. */
  #again: number | undefined
  #fullyRead = 0
  readonly #sums = new Sums()
  /** What it asked for last. */
  #newest = false
  /** The range of the last sync that asked; undefined: none has since the log began. */
  #summed: readonly [number, number] | undefined
  /** How often it compared what it holds with what the server says that it adds up to. */
  checks = 0
  #mayRepeat = false

  /** `version`: that of the chat by the server. What the log has of it is loaded, then or soon. */
  constructor(chat_id: number, version: number) {
    this.chat_id = chat_id
    this.version = version
  }

  /**
   * The version up to which the received events bring it: that of the last event, or of the last change of a thing in
   * it.
   */
  get stands(): number {
    return Math.max(this.version, this.#changed)
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  messageAt(seq: number): Message | undefined {
    return this.#messages.get(seq)
  }

  /** May arrive after events that are later than its request. */
  load(loaded: Loaded): void {
    const { members, messages, name, version } = loaded
    this.#sums.load(loaded)
    const first = messages[0]?.seq ?? this.#lastSeq + 1
    if (!this.#loaded) this.#first = first
    this.#loaded = true
    this.#loadedAt = version
    for (const { version: changed, records_version: _, pinned, reactions, ...message } of messages) {
      this.#messages.put(message.seq, message, changed)
      this.#reactions.put(message.id, reactions ?? [], version)
      this.#pins.put(message.id, pinned === true ? true : null, version)
    }
    this.#lastSeq = Math.max(this.#lastSeq, messages.at(-1)?.seq ?? 0)
    this.#members.keepOnly(new Set(members.map(({ user_id }) => user_id)), version)
    for (const { last_read_seq, role, user_id } of members) {
      this.#members.put(user_id, role, version)
      this.#read(user_id, last_read_seq)
    }
    this.#rename(name, version)
  }

  /** `reset`, or the device was added again: drops what it holds, to be loaded anew. */
  begin(version: number): void {
    this.version = version
    this.#loaded = false
    this.#arrived.clear()
  }

  /**
   * A sync is requested on the open socket: the events after its cursor, and those until it is served, arrive again.
   */
  again(cursor = this.version): void {
    this.#again = cursor
  }

  /**
   * `live`: no message is left out; otherwise this is a replay, where later states replace earlier ones.
   * `leavesOut`: nor is any other version, but these: what was not published is read from the database, in its state at
   * that time.
   */
  hear(frame: Frame, live: boolean, leavesOut = nothing): void {
    if (frame.type === "fully_read") {
      const rises = this.#mayRepeat ? frame.seq >= this.#fullyRead : frame.seq > this.#fullyRead
      if (!rises) this.#wrong(`fully_read ${frame.seq} after ${this.#fullyRead}`)
      this.#fullyRead = frame.seq
      this.#mayRepeat = false
      return
    }
    if (this.#again !== undefined && frame.version <= this.version && frame.version > this.#again) {
      this.version = this.#again
      this.#again = undefined
      this.#arrived.clear()
    }
    if (frame.version <= this.version || (live && this.#misses(frame.version, leavesOut)))
      this.#wrong(`${live ? "live" : "replayed"} ${frame.type} ${frame.version} after ${this.version}`)
    this.version = Math.max(this.version, frame.version)
    const version: number = frame.changed ?? frame.version
    if (version > this.version) this.#toldAhead.add(version)
    this.#changed = Math.max(this.#changed, version)
    this.#sums.hear(frame, version)
    if (version < frame.version) this.#wrong(`${frame.type} ${frame.version} changed at ${version}`)
    switch (frame.type) {
      case "message": {
        if (this.#arrived.has(frame.seq)) this.#wrong(`message ${frame.seq} again`)
        else if (live && this.#loaded && frame.seq > this.lastSeq + 1)
          this.#wrong(`message ${frame.seq} after ${this.lastSeq}`)
        this.#arrived.add(frame.seq)
        this.#lastSeq = Math.max(this.#lastSeq, frame.seq)
        this.#messages.put(frame.seq, messageOf(frame), version)
        this.#read(frame.sender_id, frame.seq)
        break
      }
      case "message_updated":
      case "message_deleted": {
        const known = this.#messages.get(frame.seq)
        if (this.#loaded && frame.seq >= this.#first && known?.id !== frame.id)
          this.#wrong(`${frame.type} of ${frame.id}, which it never heard of`)
        if (frame.type === "message_deleted" && !frame.deleted)
          this.#wrong(`message_deleted ${frame.id} is not deleted`)
        this.#messages.put(frame.seq, messageOf(frame), version)
        break
      }
      case "read": {
        const before = this.#reads.get(frame.user_id) ?? 0
        if (frame.seq < before && frame.version > this.#loadedAt)
          this.#wrong(`read of ${frame.user_id} fell from ${before} to ${frame.seq}`)
        this.#read(frame.user_id, frame.seq)
        break
      }
      case "reaction":
        this.#reactions.put(frame.message_id, frame.reactions, version)
        break
      case "pin":
        this.#pins.put(frame.message_id, frame.removed === true ? null : true, version)
        break
      case "chat_updated":
        this.#rename(frame.chat.name, version)
        break
      case "member_added":
      case "member_updated":
        this.#members.put(frame.member.user.id, frame.member.role, version)
        this.#read(frame.member.user.id, frame.member.last_read_seq)
        break
      case "member_removed":
        this.#members.put(frame.user_id, null, version)
        this.#reads.delete(frame.user_id)
        break
      default:
        this.#wrong(`unexpected ${frame.type}`)
    }
  }

  /**
   * The device is on another node, where the signal of an event that it has may arrive late: that node does not know.
   */
  moved(): void {
    this.#mayRepeat = true
  }

  /**
   * The messages whose sum the next sync asks for, since the server adds up few at once: in turn its newest and its
   * oldest ones. Undefined: it has none yet.
   */
  ask(): readonly [number, number] | undefined {
    if (!this.#loaded) return undefined
    this.#newest = !this.#newest
    // Some of the range is room for those that it has missed.
    const from = this.#newest ? Math.max(this.#first, this.#lastSeq - 3_999) : this.#first
    this.#summed = [from, from + 4_999]
    return this.#summed
  }

  /**
   * After a replay: what the chat adds up to. Not compared if it was loaded in a later state in the meantime, or begun
   * anew.
   */
  check({ members, messages, version }: Frame): void {
    if (version < this.stands) this.#wrong(`check at ${version}, but heard ${this.stands}`)
    if (!this.#loaded || this.#loadedAt > version || this.#summed === undefined) return
    this.checks++
    const [from, to] = this.#summed
    const ids = this.#messages.keys().flatMap((seq) => {
      const id = this.#messages.get(seq)?.id
      return seq < from || seq > to || id === undefined ? [] : [id]
    })
    const held = JSON.stringify(this.#sums.of(ids, this.#members.keys()))
    const expected = JSON.stringify({ messages, members })
    if (held !== expected) this.#wrong(`at ${version} it adds up to ${held}, by the server to ${expected}`)
  }

  /** The replay is over: the chat is at `version`. */
  synced(version: number): void {
    this.#again = undefined
    if (version < this.version) this.#wrong(`synced at ${version}, but heard ${this.version}`)
    this.version = Math.max(this.version, version)
    if (!this.#loaded) return
    for (let seq = this.#first; seq <= this.#lastSeq; seq++)
      if (this.#messages.get(seq) === undefined) {
        this.#wrong(`synced at ${version} without message ${seq}`)
        break
      }
  }

  held(): Held & { readonly version: number } {
    const seqs = this.#messages.keys().filter((seq) => seq >= this.#first)
    return {
      chat_id: this.chat_id,
      version: this.stands,
      name: this.#name,
      first: this.#first,
      messages: seqs.sort((a, b) => a - b).flatMap((seq) => this.#shown(this.#messages.get(seq))),
      reads: new Map(this.#reads),
      members: new Map(this.#members.keys().map((user) => [user, this.#members.get(user) ?? ""])),
    }
  }

  #shown(message: Message | undefined): ReadonlyArray<Message> {
    if (message === undefined) return []
    const reactions = message.deleted ? [] : (this.#reactions.get(message.id) ?? [])
    return [{ ...message, reactions, pinned: this.#pins.get(message.id) === true }]
  }

  /** Whether a version between the last event and this one is neither shown nor left out by right. */
  #misses(next: number, leavesOut: LeavesOut): boolean {
    for (let version = this.version + 1; version < next; version++)
      if (!this.#toldAhead.has(version) && !leavesOut(version)) return true
    return false
  }

  #rename(name: string | null, version: number): void {
    if (version < this.#nameVersion) return
    this.#name = name
    this.#nameVersion = version
  }

  #read(user: number, seq: number): void {
    this.#reads.set(user, Math.max(this.#reads.get(user) ?? 0, seq))
  }

  #wrong(what: string): void {
    this.violations.push(`chat ${this.chat_id}: ${what}`)
  }
}
