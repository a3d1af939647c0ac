// A user who sends without pause, from several devices: with retries and random dedup keys, reads, edits, deletes.
// Records what was intended and what was acknowledged; judges only answers that make no sense.
import type { Frame, Person } from "../support/person.ts"
import type { Ack, Change, ReadAck, Sent } from "./History.ts"
import type { Random } from "./Random.ts"
import { Cut, type RoamingDevice } from "./RoamingDevice.ts"

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** Temporary refusals, which are retried. */
const retriable = new Set(["unavailable", "rate_limited"])

class Refused extends Error {}

export class Talker {
  readonly sent: Array<Sent> = []
  readonly changes: Array<Change> = []
  readonly readAcks = new Map<number, Array<ReadAck>>()
  readonly violations: Array<string> = []
  /** The longest wait for any answer (milliseconds). */
  longestWait = 0
  readonly #person: Person
  readonly #devices: ReadonlyArray<RoamingDevice>
  readonly #random: Random
  readonly #answered: (chat_id: number) => void
  #stopping = false
  #deadline = Number.POSITIVE_INFINITY
  #sequence = 0

  /** `answered`: called with a chat when something in it is acknowledged. */
  constructor(
    person: Person,
    devices: ReadonlyArray<RoamingDevice>,
    random: Random,
    answered: (chat_id: number) => void,
  ) {
    this.#person = person
    this.#devices = devices
    this.#random = random
    this.#answered = answered
  }

  /** Sends until `stop`; several messages concurrently, as clients do that do not wait for an answer. */
  async run(chats: ReadonlyArray<number>, window: number): Promise<void> {
    const loop = async (random: Random, mayChange: boolean) => {
      while (!this.#stopping) {
        const what = random.next()
        if (what < 0.4 || !mayChange) await this.#say(random, random.pick(chats))
        else if (what < 0.6) await this.#read(random, random.pick(chats))
        else if (what < 0.75) await this.#react(random, random.pick(chats))
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
  async #insist<A>(random: Random, attempt: () => Promise<A>): Promise<A | undefined> {
    while (performance.now() < this.#deadline) {
      const before = performance.now()
      try {
        return await attempt()
      } catch (cause) {
        if (cause instanceof Refused) {
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
      text: `${dedup_key} ${"слово 😀 word ".repeat(random.between(0, 12))}.`,
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
    await Promise.all(Array.from({ length: copies }, () => this.#insist(random, once)))
    if (sent.acks.length > 0 && random.chance(0.05)) await this.#insist(random, once)
    if (sent.acks.length === 0) this.violations.push(`never acknowledged: ${dedup_key}, ${sent.attempts} attempts`)
  }

  async #deliver(random: Random, { chat_id, text, dedup_key }: Sent): Promise<Ack> {
    if (random.chance(0.2)) {
      const message = await this.#http("POST", `/chats/${chat_id}/messages`, { text, dedup_key })
      return { id: message.id, seq: message.seq, created_at: message.created_at }
    }
    const ack = await this.#ask(random, { type: "message", chat_id, text, dedup_key })
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
    if (message_id === undefined || isGone) return
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
    const log = random.pick(this.#devices).chats.get(chat_id)
    const message = log?.messageAt(random.between(Math.max(1, log.lastSeq - 10), Math.max(1, log.lastSeq)))
    if (message === undefined) return
    const on = random.chance(0.7)
    const frame = random.chance(0.8)
      ? { type: "react", message_id: message.id, emoji: random.pick(["👍", "❤️", "🎉"]), on }
      : { type: "pin", message_id: message.id, on }
    await this.#ask(random, frame).catch(() => {})
  }

  async #ask(random: Random, frame: object): Promise<Frame> {
    const live = this.#devices.filter((device) => device.isLive)
    if (live.length === 0) throw new Cut()
    const answer = await random.pick(live).ask(frame)
    if (answer.type !== "error") return answer
    if (retriable.has(answer.code)) throw new Error(answer.code)
    throw new Refused(`${JSON.stringify(answer)} for ${JSON.stringify(frame).slice(0, 200)}`)
  }

  // biome-ignore lint/suspicious/noExplicitAny: what a stranger sends
  async #http(method: string, path: string, body: object | undefined): Promise<any> {
    const reply = await this.#person.http(method, path, body)
    if (reply.status < 300) return reply.body
    if (reply.status === 401) await this.#person.logIn()
    if ([401, 429, 502, 503].includes(reply.status)) throw new Error(String(reply.status))
    throw new Refused(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
  }
}
