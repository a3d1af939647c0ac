// What the users of a simulation do, chosen at random, and what of it was acknowledged: the intentions for the checker.
import type { FileId } from "../../src/domain/File.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import type {
  BlockWrite,
  Change,
  Contact,
  Message,
  ReadAck,
  ReadAcks,
  Scheduled,
  Sent,
  StateWrite,
} from "../faults/History.ts"
import type { Random } from "../faults/Random.ts"
import type { Frame } from "../support/person.ts"
import type { SimulatedDevice } from "./SimulatedDevice.ts"

/** Refusals of a forward whose message is gone. */
const gone = new Set(["not_found", "conflict"])

export class Script {
  readonly sent: Array<Sent> = []
  readonly changes: Array<Change> = []
  readonly stateWrites: Array<StateWrite> = []
  readonly blockWrites: Array<BlockWrite> = []
  readonly contacts: Array<Contact> = []
  readonly scheduled: Array<Scheduled> = []
  /** The same for two runs of a seed. */
  readonly trace: Array<string> = []
  private readonly reads = new Map<string, { chat_id: number; user_id: number; acks: Array<ReadAck> }>()
  /** When each was attempted first. */
  private readonly attempts = new Map<Sent, number>()
  private readonly waiting = new Map<string, (frame: Frame) => void>()
  private readonly random: Random
  /** The two users of each private chat. */
  private readonly pairs: ReadonlyMap<number, ReadonlyArray<UserId>>
  /** The files of each user. */
  private readonly files: ReadonlyMap<UserId, ReadonlyArray<FileId>>
  private readonly guests: ReadonlyArray<UserId>
  private refs = 0
  private events = 0

  constructor(
    random: Random,
    pairs: ReadonlyMap<number, ReadonlyArray<UserId>>,
    files: ReadonlyMap<UserId, ReadonlyArray<FileId>>,
    guests: ReadonlyArray<UserId>,
  ) {
    this.random = random
    this.guests = guests
    this.pairs = pairs
    this.files = files
  }

  /** The time: it grows with each request and each answer. */
  now(): number {
    return ++this.events
  }

  get readAcks(): ReadonlyArray<ReadAcks> {
    return [...this.reads.values()]
  }

  /** The number of frames so far, for texts that differ. */
  get count(): number {
    return this.refs
  }

  readonly onAnswer = (frame: Frame): void => {
    this.trace.push(`${frame.type} ${frame.ref} ${frame.seq ?? frame.version ?? frame.code}`)
    const answer = this.waiting.get(frame.ref)
    this.waiting.delete(frame.ref)
    answer?.(frame)
  }

  /** A message that is not sent yet. `most`: it may be a reply, or a forward of what the device knows, too. */
  compose(sender_id: UserId, chat_id: ChatId, device?: SimulatedDevice): Sent {
    const n = this.sent.length
    const dice = device === undefined ? 100 : this.random.between(1, 100)
    const reply = dice <= 20 ? this.known(device, chat_id) : undefined
    const files = device === undefined ? [] : (this.files.get(sender_id) ?? [])
    const attachments = dice > 35 && dice <= 45 ? this.random.shuffle(files).slice(0, 2) : []
    const source =
      dice > 20 && dice <= 35 ? this.known(device, this.random.pick([...(device?.chats.keys() ?? [])])) : undefined
    const message: Sent = {
      chat_id,
      sender_id,
      dedup_key: `k${n}`,
      text: source === undefined ? `t${n}${this.naming(n)}` : "",
      attempts: 0,
      acks: [],
      ...(reply === undefined ? {} : { reply_to: reply.id }),
      ...(source === undefined || source.deleted ? {} : { forward: source.id }),
      ...(attachments.length === 0 ? {} : { attachments }),
    }
    // A tombstone cannot be forwarded.
    const kept = source?.deleted === true ? { ...message, text: `t${n}` } : message
    this.sent.push(kept)
    return kept
  }

  /** Notes an attempt; returns when the first one was, whose outcome a repetition has if it took place. */
  attempted(message: Sent): number {
    message.attempts++
    const first = this.attempts.get(message) ?? this.now()
    this.attempts.set(message, first)
    return first
  }

  attempt(device: SimulatedDevice, message: Sent): void {
    const { attachments, chat_id, dedup_key, forward, reply_to, text } = message
    const what = forward === undefined ? { text, reply_to, attachments } : { forward }
    const first = this.attempted(message)
    const contact = this.contact(device, chat_id, `message ${dedup_key}`, first)
    this.tell(device, { type: "message", chat_id, dedup_key, ...what }, (answer) => {
      contact(answer)
      message.blocked = answer.code === "forbidden"
      if (answer.type === "ack")
        message.acks.push({ id: answer.message_id, seq: answer.seq, created_at: answer.created_at })
      // A guest may have been removed from the chat of what they forward.
      else if (forward !== undefined && gone.has(answer.code))
        message.refused = this.guests.includes(device.user_id) ? "unseen" : "gone"
    })
  }

  read(device: SimulatedDevice, chat_id: ChatId): void {
    const log = device.chats.get(chat_id)
    // A stalled device receives late: only the events of one device have an order.
    const key = `${chat_id}/${device.name}`
    const read = this.reads.get(key) ?? { chat_id, user_id: device.user_id, acks: [] }
    this.reads.set(key, read)
    const seq = this.random.between(0, (log?.lastSeq ?? 0) + 2)
    this.tell(device, { type: "read", chat_id, seq }, (answer) => {
      const at = 2 * read.acks.length
      if (answer.type === "ack") read.acks.push({ seq: answer.seq, asked: at, answered: at + 1 })
    })
  }

  /** Edits or deletes one of the user's own messages. */
  rewrite(device: SimulatedDevice, chat_id: ChatId): void {
    const message = this.own(device, chat_id)
    if (message === undefined) return
    // The text of a forward is another's.
    const isDeletion = this.random.chance(0.3) || message.forwarded !== undefined
    const text = isDeletion ? null : `e${this.refs}${this.naming(this.refs)}`
    const change: Change = { message_id: message.id, text, attempts: 1, acked: false }
    this.changes.push(change)
    const frame = text === null ? { type: "delete" } : { type: "edit", text }
    const contact = text === null ? () => {} : this.contact(device, chat_id, `edit ${text}`)
    this.tell(device, { ...frame, message_id: message.id }, (answer) => {
      contact(answer)
      change.acked = answer.type === "ack"
    })
  }

  /** A record. The result does not matter: in the end all readers must have the same. */
  react(device: SimulatedDevice, chat_id: ChatId): void {
    const message = this.known(device, chat_id)
    if (message === undefined) return
    const on = this.random.chance(0.7)
    const isReaction = this.random.chance(0.8)
    const frame = isReaction ? { type: "react", emoji: this.random.pick(["👍", "❤️", "🎉"]) } : { type: "pin" }
    const contact = on ? this.contact(device, chat_id, `${frame.type} ${message.id}`) : () => {}
    this.tell(device, { ...frame, on, message_id: message.id }, contact)
  }

  /** A message that is not scheduled yet. */
  later(sender_id: UserId, chat_id: ChatId): Scheduled {
    const scheduled: Scheduled = { chat_id, sender_id, text: `later ${this.scheduled.length}` }
    this.scheduled.push(scheduled)
    return scheduled
  }

  /** Blocks another user, or ends that. */
  block(device: SimulatedDevice, blocked_id: UserId, on: boolean): BlockWrite {
    const { user_id } = device
    const key = `block:${blocked_id}`
    const write: BlockWrite = { user_id, blocked_id, on, asked: this.now() }
    const stateWrite: StateWrite = { user_id, key, value: on ? "{}" : null }
    this.blockWrites.push(write)
    this.stateWrites.push(stateWrite)
    this.tell(device, { type: "state", key, value: on ? {} : null }, (answer) => {
      if (answer.type !== "ack") return
      stateWrite.version = answer.version
      write.acked = this.now()
      write.settled = write.acked
    })
    return write
  }

  /** Notes what another user is to receive, and its answer when that comes. */
  private contact(device: SimulatedDevice, chat_id: number, what: string, asked = this.now()): (answer: Frame) => void {
    const { user_id } = device
    const other_id = this.pairs.get(chat_id)?.find((id) => id !== user_id)
    if (other_id === undefined) return () => {}
    return ({ code, type }) => {
      const outcome = type === "ack" ? "done" : code === "forbidden" ? "blocked" : undefined
      if (outcome !== undefined) this.contacts.push({ what, user_id, other_id, asked, answered: this.now(), outcome })
    }
  }

  /** Sets or removes a value of the user's own state. */
  setState(device: SimulatedDevice): void {
    const chat_id = this.random.pick([...device.chats.keys(), 0])
    const n = this.refs
    const [key, value] = this.random.pick<readonly [string, object]>([
      ["app:a", { n }],
      ["app:b", [n]],
      ["settings", { language: `l${n}` }],
      ["settings", { read_receipts: false }],
      ...(chat_id === 0
        ? []
        : ([
            [`draft:${chat_id}`, { text: `d${n}` }],
            [`chat:${chat_id}`, { unread: true }],
            [`chat:${chat_id}`, { archived: true, unread: true }],
            [`chat:${chat_id}`, { level: "mentions", pinned_at: "2026-01-01T00:00:00.000Z" }],
          ] as const)),
    ])
    const isRemoval = this.random.chance(0.2)
    const write: StateWrite = { user_id: device.user_id, key, value: isRemoval ? null : JSON.stringify(value) }
    this.stateWrites.push(write)
    this.tell(device, { type: "state", key, value: isRemoval ? null : value }, (answer) => {
      if (answer.type === "ack") write.version = answer.version
    })
  }

  private tell(device: SimulatedDevice, frame: object, onAnswer: (frame: Frame) => void): void {
    const ref = `r${++this.refs}`
    this.waiting.set(ref, onAnswer)
    device.say({ ...frame, ref })
  }

  /** Some texts mention people: who is in the chat then, is not the same for all of them. */
  private naming(n: number): string {
    return ["", "", "", ` @user${(n % 7) + 1}`, " @all", ` @user${(n % 5) + 1} @all`][n % 6]!
  }

  /** One of the newest messages that the device knows. */
  private known(device: SimulatedDevice | undefined, chat_id: number): Message | undefined {
    const log = device?.chats.get(chat_id)
    return log?.messageAt(this.random.between(Math.max(1, log.lastSeq - 10), Math.max(1, log.lastSeq)))
  }

  /** One of its user's, of the newest as a rule: what changes soon after it came is what readers of a hole trip over. */
  private own(device: SimulatedDevice, chat_id: ChatId): Message | undefined {
    const log = device.chats.get(chat_id)
    const first = this.random.chance(0.7) ? Math.max(1, (log?.lastSeq ?? 0) - 9) : 1
    const mine: Array<Message> = []
    for (let seq = first; seq <= (log?.lastSeq ?? 0); seq++) {
      const message = log?.messageAt(seq)
      const isOpen = this.changes.some(({ acked, message_id }) => message_id === message?.id && !acked)
      const isScheduled = message?.text.startsWith("later ") === true
      if (message?.sender_id === device.user_id && !message.deleted && !isOpen && !isScheduled) mine.push(message)
    }
    return mine.length === 0 ? undefined : this.random.pick(mine)
  }
}
