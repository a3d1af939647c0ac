// A caller that sends one request after the other: a refused one is repeated with the same dedup_key until it is answered.
// Records how long any answer took.
import { randomUUID } from "node:crypto"
import { type Device, NotConnected, type Person } from "../support/person.ts"

/** Waits for a fact. */
export const until = async (fact: () => boolean | Promise<boolean>, timeout = 10_000): Promise<void> => {
  const deadline = performance.now() + timeout
  while (!(await fact())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain: ${fact}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Repeats a request until the fact has come. */
export const whileAsking = async <A>(ask: () => Promise<unknown>, fact: Promise<A>): Promise<A> => {
  let isOver = false
  const asking = until(async () => {
    if (!isOver) await ask()
    return isOver
  }, 60_000)
  try {
    return await Promise.race([fact, asking.then(() => fact)])
  } finally {
    isOver = true
    await asking
  }
}

/** Milliseconds between an answer and the next request. A dozen callers that pause for less occupy a core while they wait for a fault. */
const pause = 20

/** The id of the message, undefined for a temporary refusal, or nothing to record. */
type Answer = { readonly id?: number } | "refused" | { readonly surprise: string }

export class Caller {
  readonly name: string
  /** By dedup_key: the ids of acknowledged messages. */
  readonly acknowledged = new Map<string, number>()
  /** Answers that neither give nor refuse properly. */
  readonly surprises: Array<string> = []
  done = 0
  refused = 0
  /** Milliseconds; `lastDone` is a moment of performance.now(). */
  longestWait = 0
  lastDone = 0
  #stopping = false
  readonly #running: Promise<void>

  private constructor(name: string, call: (dedup_key: string) => Promise<Answer>) {
    this.name = name
    this.#running = this.#run(call)
  }

  /** Sends messages as frames, over a socket of its own. */
  static async overSocket(person: Person, chat_id: number): Promise<Caller> {
    let device: Device | undefined
    const come = async (): Promise<Device | undefined> => {
      const opened = await connected(person)
      device = opened
      void opened?.closed.then(() => {
        if (device === opened) device = undefined
      })
      return opened
    }
    // Right after an outage a read may fail once more, on a connection that was cut: a client comes again then.
    await until(async () => (await come()) !== undefined)
    return new Caller(`${person.username}'s socket`, async (dedup_key) => {
      const open = device ?? (await come())
      if (open === undefined) return "refused"
      open.send({ type: "message", chat_id, text: `text of ${dedup_key}`, dedup_key, ref: dedup_key })
      const answer = await open.hears({ ref: dedup_key }, 60_000)
      if (answer.type === "ack") return { id: answer.message_id }
      return answer.code === "unavailable" ? "refused" : { surprise: JSON.stringify(answer) }
    })
  }

  /** Posts messages over HTTP. */
  static overHttp(person: Person, chat_id: number): Caller {
    return new Caller(`${person.username}'s posts`, async (dedup_key) => {
      const body = { text: `text of ${dedup_key}`, dedup_key }
      const reply = await person.http("POST", `/chats/${chat_id}/messages`, body)
      if (reply.status === 201 || reply.status === 200) return { id: reply.body.id }
      return refusal(reply)
    })
  }

  /** Reads pages of history. */
  static reading(person: Person, chat_id: number): Caller {
    return new Caller(`${person.username}'s reads`, async () => {
      const reply = await person.http("GET", `/chats/${chat_id}/messages`)
      return reply.status === 200 ? {} : refusal(reply)
    })
  }

  /** Adds members who are members already: a command that the chat's actor handles alone. */
  static hosting(person: Person, chat_id: number): Caller {
    return new Caller(`${person.username}'s guest list`, async () => {
      const reply = await person.http("POST", `/chats/${chat_id}/members`, { user_ids: [person.id] })
      return reply.status === 200 ? {} : refusal(reply)
    })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running
  }

  async #run(call: (dedup_key: string) => Promise<Answer>): Promise<void> {
    let dedup_key: string = randomUUID()
    while (!this.#stopping) {
      const from = performance.now()
      const answer = await call(dedup_key).catch((cause): Answer => ({ surprise: String(cause) }))
      const now = performance.now()
      this.longestWait = Math.max(this.longestWait, now - from)
      if (answer === "refused") this.refused++
      else if ("surprise" in answer) this.surprises.push(answer.surprise)
      else {
        this.done++
        this.lastDone = now
        if (answer.id !== undefined) this.acknowledged.set(dedup_key, answer.id)
        dedup_key = randomUUID()
      }
      await new Promise((resolve) => setTimeout(resolve, answer === "refused" ? 50 : pause))
    }
  }
}

/** Nothing while the server says that a later attempt may succeed. */
const connected = (person: Person): Promise<Device | undefined> =>
  person.connect().catch((error) => {
    if (error instanceof NotConnected && error.isTemporary) return undefined
    throw error
  })

const refusal = (reply: { readonly status: number; readonly headers: Headers; readonly body: unknown }): Answer =>
  reply.status === 503 && Number(reply.headers.get("retry-after")) >= 1
    ? "refused"
    : { surprise: `${reply.status} ${JSON.stringify(reply.body)}` }
