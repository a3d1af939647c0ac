// What the users of a simulation do, chosen at random, and what of it was acknowledged: the intentions for the checker.
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import type { Change, Message, ReadAck, ReadAcks, Sent, StateWrite } from "../faults/History.ts"
import type { Random } from "../faults/Random.ts"
import type { Frame } from "../support/person.ts"
import type { SimulatedDevice } from "./SimulatedDevice.ts"

/** Refusals of a forward whose message is gone. */
const gone = new Set(["not_found", "conflict"])

export class Script {
  readonly sent: Array<Sent> = []
  readonly changes: Array<Change> = []
  readonly stateWrites: Array<StateWrite> = []
  /** The same for two runs of a seed. */
  readonly trace: Array<string> = []
  private readonly reads = new Map<string, { chat_id: number; user_id: number; acks: Array<ReadAck> }>()
  private readonly waiting = new Map<string, (frame: Frame) => void>()
  private readonly random: Random
  private refs = 0

  constructor(random: Random) {
    this.random = random
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
    }
    // A tombstone cannot be forwarded.
    const kept = source?.deleted === true ? { ...message, text: `t${n}` } : message
    this.sent.push(kept)
    return kept
  }

  attempt(device: SimulatedDevice, message: Sent): void {
    message.attempts++
    const { chat_id, dedup_key, forward, reply_to, text } = message
    const what = forward === undefined ? { text, reply_to } : { forward }
    this.tell(device, { type: "message", chat_id, dedup_key, ...what }, (answer) => {
      if (answer.type === "ack")
        message.acks.push({ id: answer.message_id, seq: answer.seq, created_at: answer.created_at })
      else if (forward !== undefined && gone.has(answer.code)) message.refused = true
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
    this.tell(device, { ...frame, message_id: message.id }, (answer) => {
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
    this.tell(device, { ...frame, on, message_id: message.id }, () => {})
  }

  /** Sets or removes a value of the user's own state. */
  setState(device: SimulatedDevice): void {
    const chat_id = this.random.pick([...device.chats.keys(), 0])
    const n = this.refs
    const [key, value] = this.random.pick<readonly [string, object]>([
      ["app:a", { n }],
      ["app:b", [n]],
      ["settings", { language: `l${n}` }],
      ...(chat_id === 0
        ? []
        : ([
            [`draft:${chat_id}`, { text: `d${n}` }],
            [`chat:${chat_id}`, { unread: true }],
            [`chat:${chat_id}`, { archived: true, unread: true }],
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
      if (message?.sender_id === device.user_id && !message.deleted && !isOpen) mine.push(message)
    }
    return mine.length === 0 ? undefined : this.random.pick(mine)
  }
}
