// A user who sends without pause, from several devices: with retries and random dedup keys, reads, edits, deletes, replies,
// forwards, mentions, reacts, pins, schedules and sets own state.
// Records what was intended and what was acknowledged; judges only answers that make no sense.
import type { Frame, Person } from "../support/person.ts"
import type { Ack, Change, Message, ReadAck, Scheduled, Sent, StateWrite } from "./History.ts"
import type { Random } from "./Random.ts"
import { Cut, type RoamingDevice } from "./RoamingDevice.ts"

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** Temporary refusals, which are retried. */
const retriable = new Set(["unavailable", "rate_limited"])

/** `code`: of the frame, or the HTTP status. */
class Refused extends Error {
  readonly code: string | number

  constructor(code: string | number, message: string) {
    super(message)
    this.code = code
  }
}

/** Refusals of a forward whose message is gone. */
const gone: ReadonlyArray<string | number> = ["not_found", "conflict", 404, 409]

export class Talker {
  readonly sent: Array<Sent> = []
  readonly changes: Array<Change> = []
  readonly stateWrites: Array<StateWrite> = []
  readonly scheduled: Array<Scheduled> = []
  readonly readAcks = new Map<number, Array<ReadAck>>()
  readonly violations: Array<string> = []
  /** The longest wait for any answer (milliseconds). */
  longestWait = 0
  readonly #person: Person
  readonly #devices: ReadonlyArray<RoamingDevice>
  readonly #members: (chat_id: number) => ReadonlyArray<Person>
  readonly #random: Random
  readonly #answered: (chat_id: number) => void
  #stopping = false
  #deadline = Number.POSITIVE_INFINITY
  #sequence = 0

  /** `members`: who stays in a chat. `answered`: called with a chat when something in it is acknowledged. */
  constructor(
    person: Person,
    devices: ReadonlyArray<RoamingDevice>,
    members: (chat_id: number) => ReadonlyArray<Person>,
    random: Random,
    answered: (chat_id: number) => void,
  ) {
    this.#person = person
    this.#devices = devices
    this.#members = members
    this.#random = random
    this.#answered = answered
  }

  /** Sends until `stop`; several messages concurrently, as clients do that do not wait for an answer. */
  async run(chats: ReadonlyArray<number>, window: number): Promise<void> {
    const loop = async (random: Random, mayChange: boolean) => {
      while (!this.#stopping) {
        const what = random.next()
        if (what < 0.4 || !mayChange) await this.#say(random, random.pick(chats))
        else if (what < 0.55) await this.#read(random, random.pick(chats))
        else if (what < 0.7) await this.#react(random, random.pick(chats))
        else if (what < 0.78) await this.#setState(random, random.pick(chats))
        else if (what < 0.8) await this.#schedule(random, random.pick(chats))
        else await this.#change(random)
        await pause(random.between(0, 30))
      }
    }
    await Promise.all(Array.from({ length: window }, (_, i) => loop(this.#random.fork(), i === 0)))
  }

  /** Begins nothing new; gives up on what is still not acknowledged at `deadline` (performance.now()). */
  stop(deadline: number): void {
    this.#stopping = true
    this.#deadline = deadline
  }

  /** Tries until there is an answer that is not "not now"; counts the attempts. */
  async #insist<A>(
    random: Random,
    attempt: () => Promise<A>,
    isExpected: (refused: Refused) => boolean = () => false,
  ): Promise<A | undefined> {
    while (performance.now() < this.#deadline) {
      const before = performance.now()
      try {
        return await attempt()
      } catch (cause) {
        if (cause instanceof Refused) {
          if (isExpected(cause)) return undefined
          this.violations.push(`user ${this.#person.id}: ${cause.message}`)
          return undefined
        }
        await pause(random.between(5, 60))
      } finally {
        this.longestWait = Math.max(this.longestWait, performance.now() - before)
      }
    }
    return undefined
  }

  async #say(random: Random, chat_id: number): Promise<void> {
    const dedup_key = `${this.#person.id}-${++this.#sequence}-${random.between(0, 1_000_000_000)}`
    const sent: Sent = {
      chat_id,
      sender_id: this.#person.id,
      dedup_key,
      ...this.#content(random, chat_id, dedup_key),
      attempts: 0,
      acks: [],
    }
    this.sent.push(sent)
    const once = async () => {
      sent.attempts++
      sent.acks.push(await this.#deliver(random, sent))
      this.#answered(chat_id)
    }
    const copies = random.chance(0.1) ? 2 : 1
    const isGone = ({ code }: Refused): boolean => {
      if (sent.forward === undefined || !gone.includes(code)) return false
      sent.refused = true
      return true
    }
    await Promise.all(Array.from({ length: copies }, () => this.#insist(random, once, isGone)))
    if (sent.acks.length > 0 && random.chance(0.05)) await this.#insist(random, once)
    if (sent.acks.length === 0 && sent.refused !== true)
      this.violations.push(`never acknowledged: ${dedup_key}, ${sent.attempts} attempts`)
  }

  /** A text, which may mention somebody or be a reply, or the forward of something that the user has seen. */
  #content(random: Random, chat_id: number, key: string): Pick<Sent, "text" | "reply_to" | "forward" | "mentions"> {
    const what = random.next()
    if (what < 0.1) {
      const message = this.#known(random, random.pick([...random.pick(this.#devices).chats.keys(), chat_id]))
      if (message !== undefined && !message.deleted) return { text: "", forward: message.id }
    }
    const words = "слово 😀 word ".repeat(random.between(0, 12))
    const others = this.#members(chat_id).filter(({ id }) => id !== this.#person.id)
    const named = what > 0.8 && others.length > 0 ? random.pick(others) : undefined
    const text = `${key} ${words}${named === undefined ? "" : `@${named.username}`}.`
    const reply_to = what > 0.65 && what < 0.85 ? this.#known(random, chat_id)?.id : undefined
    return {
      text,
      mentions: named === undefined ? [] : [named.id],
      ...(reply_to === undefined ? {} : { reply_to }),
    }
  }

  /** One of the newest messages that a device knows. */
  #known(random: Random, chat_id: number): Message | undefined {
    const log = random.pick(this.#devices).chats.get(chat_id)
    return log?.messageAt(random.between(Math.max(1, log.lastSeq - 10), Math.max(1, log.lastSeq)))
  }

  async #deliver(random: Random, { chat_id, dedup_key, forward, reply_to, text }: Sent): Promise<Ack> {
    const content = forward === undefined ? { text, dedup_key, reply_to } : { forward, dedup_key }
    if (random.chance(0.2)) {
      const message = await this.#http("POST", `/chats/${chat_id}/messages`, content)
      return { id: message.id, seq: message.seq, created_at: message.created_at }
    }
    const ack = await this.#ask(random, { type: "message", chat_id, ...content })
    return { id: ack.message_id, seq: ack.seq, created_at: ack.created_at }
  }

  async #read(random: Random, chat_id: number): Promise<void> {
    const known = Math.max(0, ...this.#devices.map((device) => device.chats.get(chat_id)?.lastSeq ?? 0))
    if (known === 0) return
    const seq = random.between(Math.max(1, known - 20), known)
    const ack = await this.#insist(random, async (): Promise<ReadAck> => {
      const asked = performance.now()
      const answer = await this.#ask(random, { type: "read", chat_id, seq })
      return { seq: answer.seq, asked, answered: performance.now() }
    })
    if (ack === undefined) return
    if (ack.seq < seq)
      this.violations.push(`user ${this.#person.id}: read ${seq} of chat ${chat_id}, was told ${ack.seq}`)
    const acks = this.readAcks.get(chat_id)
    if (acks === undefined) this.readAcks.set(chat_id, [ack])
    else acks.push(ack)
  }

  async #change(random: Random): Promise<void> {
    // What changes soon after it was sent is what readers of a hole trip over.
    const recent = random.chance(0.7) ? this.sent.slice(-20) : this.sent
    const sent = recent.length === 0 ? undefined : random.pick(recent)
    const message_id = sent?.acks[0]?.id
    const isGone = this.changes.some((change) => change.message_id === message_id && change.text === null)
    // The text of a forward is another's.
    if (message_id === undefined || isGone || sent?.forward !== undefined) return
    const text = random.chance(0.3) ? null : `edited ${++this.#sequence} ${sent?.dedup_key}`
    const change: Change = { message_id, text, attempts: 0, acked: false }
    this.changes.push(change)
    await this.#insist(random, async () => {
      change.attempts++
      if (random.chance(0.3))
        await this.#http(
          text === null ? "DELETE" : "PATCH",
          `/messages/${message_id}`,
          text === null ? undefined : { text },
        )
      else await this.#ask(random, text === null ? { type: "delete", message_id } : { type: "edit", message_id, text })
      change.acked = true
    })
  }

  /** The result does not matter: in the end all readers must have the same. */
  async #react(random: Random, chat_id: number): Promise<void> {
    const message = this.#known(random, chat_id)
    if (message === undefined) return
    const on = random.chance(0.7)
    const frame = random.chance(0.8)
      ? { type: "react", message_id: message.id, emoji: random.pick(["👍", "❤️", "🎉"]), on }
      : { type: "pin", message_id: message.id, on }
    await this.#ask(random, frame).catch(() => {})
  }

  /** Sets or removes a value of the user's own state. */
  async #setState(random: Random, chat_id: number): Promise<void> {
    const n = ++this.#sequence
    const [key, value] = random.pick<readonly [string, object]>([
      ["app:a", { n }],
      ["app:b", [n]],
      ["settings", { language: `l${n}` }],
      [`draft:${chat_id}`, { text: `d${n}` }],
      [`chat:${chat_id}`, { unread: true }],
    ])
    const isRemoval = random.chance(0.2)
    const write: StateWrite = { user_id: this.#person.id, key, value: isRemoval ? null : JSON.stringify(value) }
    this.stateWrites.push(write)
    await this.#insist(random, async () => {
      if (isRemoval || random.chance(0.7))
        write.version = (await this.#ask(random, { type: "state", key, value: isRemoval ? null : value })).version
      else write.version = (await this.#http("PUT", `/me/state/${key}`, value)).version
    })
  }

  /** Tried once: whether it was stored is not known without an answer. */
  async #schedule(random: Random, chat_id: number): Promise<void> {
    const scheduled: Scheduled = {
      chat_id,
      sender_id: this.#person.id,
      text: `later ${this.#person.id}-${++this.#sequence}`,
    }
    this.scheduled.push(scheduled)
    const at = new Date(Date.now() + random.between(0, 4_000)).toISOString()
    try {
      scheduled.key = (await this.#http("POST", `/chats/${chat_id}/scheduled`, { at, text: scheduled.text })).key
    } catch (cause) {
      if (cause instanceof Refused) this.violations.push(`user ${this.#person.id}: ${cause.message}`)
    }
  }

  async #ask(random: Random, frame: object): Promise<Frame> {
    const live = this.#devices.filter((device) => device.isLive)
    if (live.length === 0) throw new Cut()
    const answer = await random.pick(live).ask(frame)
    if (answer.type !== "error") return answer
    if (retriable.has(answer.code)) throw new Error(answer.code)
    throw new Refused(answer.code, `${JSON.stringify(answer)} for ${JSON.stringify(frame).slice(0, 200)}`)
  }

  // biome-ignore lint/suspicious/noExplicitAny: what a stranger sends
  async #http(method: string, path: string, body: object | undefined): Promise<any> {
    const reply = await this.#person.http(method, path, body)
    if (reply.status < 300) return reply.body
    if (reply.status === 401) await this.#person.logIn()
    if ([401, 429, 502, 503].includes(reply.status)) throw new Error(String(reply.status))
    throw new Refused(reply.status, `${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
  }
}
