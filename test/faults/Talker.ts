// A user who sends without pause, from several devices: with retries and random dedup keys, reads, edits, deletes, replies,
// forwards, mentions, reacts, pins, schedules, blocks and sets own state.
// Records what was intended and what was acknowledged; judges only answers that make no sense.
import type { Frame, Person } from "../support/person.ts"
import type { Ack, BlockWrite, Change, Contact, Message, ReadAck, Scheduled, Sent, StateWrite } from "./History.ts"
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

/** In a private chat: the other user has blocked this one. */
const forbidden: ReadonlyArray<string | number> = ["forbidden", 403]

/**
 * An attempt without an answer takes place within this time, or never: milliseconds. A node that stands still for 10 s may
 * have it, and its statements end after 10 s.
 */
export const longestAttempt = 30_000

export class Talker {
  readonly sent: Array<Sent> = []
  readonly changes: Array<Change> = []
  readonly stateWrites: Array<StateWrite> = []
  readonly scheduled: Array<Scheduled> = []
  readonly blockWrites: Array<BlockWrite> = []
  readonly contacts: Array<Contact> = []
  readonly readAcks = new Map<number, Array<ReadAck>>()
  readonly violations: Array<string> = []
  /** A file of this user. */
  #file: number | undefined
  /** The longest wait for any answer (milliseconds). */
  longestWait = 0
  readonly #person: Person
  readonly #devices: ReadonlyArray<RoamingDevice>
  readonly #members: (chat_id: number) => ReadonlyArray<Person>
  readonly #peers: ReadonlyMap<number, Person>
  readonly #blocked: Person | undefined
  readonly #random: Random
  readonly #answered: (chat_id: number) => void
  #stopping = false
  #deadline = Number.POSITIVE_INFINITY
  #sequence = 0

  /**
   * `members`: who stays in a chat. `peers`: the other users, by private chat. `blocked`: whom this user blocks now and
   * then. `answered`: called with a chat when something in it is acknowledged.
   */
  constructor(
    person: Person,
    devices: ReadonlyArray<RoamingDevice>,
    members: (chat_id: number) => ReadonlyArray<Person>,
    peers: ReadonlyMap<number, Person>,
    blocked: Person | undefined,
    random: Random,
    answered: (chat_id: number) => void,
  ) {
    this.#person = person
    this.#devices = devices
    this.#members = members
    this.#peers = peers
    this.#blocked = blocked
    this.#random = random
    this.#answered = answered
  }

  /** Before `run`: messages may have a file. */
  async upload(): Promise<void> {
    const { access_token, base } = this.#person
    const headers = { authorization: `Bearer ${access_token}` }
    const answer = await fetch(`${base}/files?name=notes.txt`, { method: "POST", headers, body: "some notes" })
    if (!answer.ok) throw new Error(`POST /files: ${answer.status}`)
    this.#file = ((await answer.json()) as { readonly id: number }).id
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
        else if (what < 0.81) await this.#insist(random, () => this.#http("POST", "/me/read", undefined))
        else if (what < 0.82)
          await this.#insist(random, () =>
            this.#http("PATCH", "/me", { display_name: `${this.#person.username} ${++this.#sequence}` }),
          )
        else await this.#change(random)
        await pause(random.between(0, 30))
      }
    }
    const blocking = async (random: Random, blocked: Person) => {
      // Long enough that most of what the other one attempts has its outcome before the next change.
      for (let on = true; !this.#stopping; on = random.chance(0.5)) {
        await this.#block(random, blocked, on)
        const next = performance.now() + random.between(2_000, 12_000)
        while (!this.#stopping && performance.now() < next) await pause(100)
      }
    }
    await Promise.all([
      ...Array.from({ length: window }, (_, i) => loop(this.#random.fork(), i === 0)),
      ...(this.#blocked === undefined ? [] : [blocking(this.#random.fork(), this.#blocked)]),
    ])
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
    const contact = this.#contact(chat_id, `message ${dedup_key}`)
    const once = async () => {
      sent.attempts++
      sent.acks.push(await this.#deliver(random, sent))
      contact("done")
      this.#answered(chat_id)
    }
    const copies = random.chance(0.1) ? 2 : 1
    const isExpected = ({ code }: Refused): boolean => {
      if (this.#peers.has(chat_id) && forbidden.includes(code)) {
        sent.blocked = true
        contact("blocked")
        return true
      }
      if (sent.forward === undefined || !gone.includes(code)) return false
      sent.refused = "gone"
      return true
    }
    await Promise.all(Array.from({ length: copies }, () => this.#insist(random, once, isExpected)))
    if (sent.acks.length > 0 && random.chance(0.05)) await this.#insist(random, once)
    if (sent.acks.length === 0 && sent.refused === undefined && sent.blocked !== true)
      this.violations.push(`never acknowledged: ${dedup_key}, ${sent.attempts} attempts`)
  }

  /** A text, which may mention somebody, have a file or be a reply, or the forward of something that the user has seen. */
  #content(
    random: Random,
    chat_id: number,
    key: string,
  ): Pick<Sent, "text" | "reply_to" | "forward" | "mentions" | "attachments"> {
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
      ...(this.#file === undefined || what < 0.1 || what > 0.15 ? {} : { attachments: [this.#file] }),
    }
  }

  /** One of the newest messages that a device knows. */
  #known(random: Random, chat_id: number): Message | undefined {
    const log = random.pick(this.#devices).chats.get(chat_id)
    return log?.messageAt(random.between(Math.max(1, log.lastSeq - 10), Math.max(1, log.lastSeq)))
  }

  async #deliver(random: Random, sent: Sent): Promise<Ack> {
    const { attachments, chat_id, dedup_key, forward, reply_to, text } = sent
    const content = forward === undefined ? { text, dedup_key, reply_to, attachments } : { forward, dedup_key }
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
    const chat_id = sent?.chat_id ?? 0
    const contact = text === null ? () => {} : this.#contact(chat_id, `edit ${text}`)
    const isBlocked = ({ code }: Refused) => {
      const is = text !== null && this.#peers.has(chat_id) && forbidden.includes(code)
      if (is) contact("blocked")
      return is
    }
    const once = async () => {
      change.attempts++
      if (random.chance(0.3))
        await this.#http(
          text === null ? "DELETE" : "PATCH",
          `/messages/${message_id}`,
          text === null ? undefined : { text },
        )
      else await this.#ask(random, text === null ? { type: "delete", message_id } : { type: "edit", message_id, text })
      change.acked = true
      contact("done")
    }
    await this.#insist(random, once, isBlocked)
  }

  /** The result does not matter: in the end all readers must have the same. */
  async #react(random: Random, chat_id: number): Promise<void> {
    const message = this.#known(random, chat_id)
    if (message === undefined) return
    const on = random.chance(0.7)
    const frame = random.chance(0.8)
      ? { type: "react", message_id: message.id, emoji: random.pick(["👍", "❤️", "🎉"]), on }
      : { type: "pin", message_id: message.id, on }
    const contact = on ? this.#contact(chat_id, `${frame.type} ${message.id}`) : () => {}
    try {
      await this.#ask(random, frame)
      contact("done")
    } catch (cause) {
      if (cause instanceof Refused && forbidden.includes(cause.code)) contact("blocked")
    }
  }

  /** Notes how it ends that the other user of a private chat is to receive something, which is first attempted now. */
  #contact(chat_id: number, what: string): (outcome: "done" | "blocked") => void {
    const other = this.#peers.get(chat_id)
    if (other === undefined) return () => {}
    const begun = { what, user_id: this.#person.id, other_id: other.id, asked: performance.now() }
    return (outcome) => this.contacts.push({ ...begun, answered: performance.now(), outcome })
  }

  async #block(random: Random, { id: blocked_id }: Person, on: boolean): Promise<void> {
    const user_id = this.#person.id
    const write: BlockWrite = { user_id, blocked_id, on, asked: performance.now() }
    this.blockWrites.push(write)
    const { attempts, write: stateWrite } = await this.#setKey(random, `block:${blocked_id}`, on ? {} : null)
    if (stateWrite.version === undefined) return
    write.acked = performance.now()
    write.settled = attempts === 1 ? write.acked : write.acked + longestAttempt
  }

  /** Sets or removes a value of the user's own state. */
  async #setState(random: Random, chat_id: number): Promise<void> {
    const n = ++this.#sequence
    const [key, value] = random.pick<readonly [string, object]>([
      ["app:a", { n }],
      ["app:b", [n]],
      ["settings", { language: `l${n}` }],
      ["settings", { read_receipts: false }],
      [`draft:${chat_id}`, { text: `d${n}` }],
      [`chat:${chat_id}`, { unread: true }],
    ])
    await this.#setKey(random, key, random.chance(0.2) ? null : value)
  }

  async #setKey(random: Random, key: string, value: object | null) {
    const write: StateWrite = {
      user_id: this.#person.id,
      key,
      value: value === null ? null : JSON.stringify(value),
    }
    this.stateWrites.push(write)
    let attempts = 0
    await this.#insist(random, async () => {
      attempts++
      if (value === null || random.chance(0.7))
        write.version = (await this.#ask(random, { type: "state", key, value })).version
      else write.version = (await this.#http("PUT", `/me/state/${key}`, value)).version
    })
    return { write, attempts }
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
