// Sends messages in a chat one after the other, to a server that can answer, without waiting for earlier ones: this
// shows when a chat answers. Does not retry: after a failure it sends another message.
import type { Person } from "../support/person.ts"
import type { Sent } from "./History.ts"
import type { Random } from "./Random.ts"

const every = 300
const underWayAtMost = 12

export class Pulse {
  readonly sent: Array<Sent> = []
  readonly #person: Person
  readonly #chat_id: number
  readonly #urls: () => ReadonlyArray<string>
  readonly #random: Random
  readonly #answered: () => void
  readonly #underWay = new Set<Promise<void>>()
  #timer: ReturnType<typeof setInterval> | undefined

  /** `urls`: servers that can answer. */
  constructor(
    person: Person,
    chat_id: number,
    urls: () => ReadonlyArray<string>,
    random: Random,
    answered: () => void,
  ) {
    this.#person = person
    this.#chat_id = chat_id
    this.#urls = urls
    this.#random = random
    this.#answered = answered
  }

  start(): void {
    this.#timer = setInterval(() => {
      const urls = this.#urls()
      if (urls.length === 0 || this.#underWay.size >= underWayAtMost) return
      const beat = this.#beat(this.#random.pick(urls)).catch(() => {})
      this.#underWay.add(beat)
      void beat.then(() => this.#underWay.delete(beat))
    }, every)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#underWay)
  }

  async #beat(url: string): Promise<void> {
    const dedup_key = `pulse-${this.#chat_id}-${this.sent.length}`
    const sent: Sent = {
      chat_id: this.#chat_id,
      sender_id: this.#person.id,
      dedup_key,
      text: dedup_key,
      attempts: 1,
      acks: [],
    }
    this.sent.push(sent)
    const path = `/chats/${this.#chat_id}/messages`
    const reply = await this.#person.at(url).http("POST", path, { text: sent.text, dedup_key })
    if (reply.status === 401) await this.#person.logIn()
    if (reply.status >= 300) return
    sent.acks.push({ id: reply.body.id, seq: reply.body.seq, created_at: reply.body.created_at })
    this.#answered()
  }
}
