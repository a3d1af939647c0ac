// The owner of a group who lets guests in and out, gives roles and renames it without end, as long as the run lasts. Guests block the
// owner now and then, who cannot add them until that ends.
import type { Person } from "../support/person.ts"
import type { BlockWrite, Contact } from "./History.ts"
import type { Random } from "./Random.ts"
import { longestAttempt } from "./Talker.ts"

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

export class Host {
  /** Comings and goings that were confirmed. */
  moves = 0
  readonly violations: Array<string> = []
  readonly blockWrites: Array<BlockWrite> = []
  readonly contacts: Array<Contact> = []
  /** Guests who are not in the group, as far as that is sure. */
  readonly #outside = new Set<Person>()
  /** Until when a repeated attempt may still add a guest. */
  readonly #unsure = new Map<Person, number>()
  readonly #owner: Person
  readonly #chat_id: number
  readonly #guests: ReadonlyArray<Person>
  /** Those who stay. */
  readonly #members: ReadonlyArray<Person>
  readonly #random: Random
  #stopping = false

  constructor(
    owner: Person,
    chat_id: number,
    guests: ReadonlyArray<Person>,
    members: ReadonlyArray<Person>,
    random: Random,
  ) {
    this.#owner = owner
    this.#members = members
    this.#chat_id = chat_id
    this.#guests = guests
    this.#random = random
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      await pause(this.#random.between(50, 400))
      const guest = this.#random.pick(this.#guests)
      const path = `/chats/${this.#chat_id}/members`
      // Both may be repeated: a member stays one, and a removal of a non-member is "no such member".
      if (this.#random.chance(0.1)) await this.#block(guest)
      else if (this.#random.chance(0.3)) {
        const { id } = this.#random.pick([guest, ...this.#members])
        await this.#insist("PATCH", `${path}/${id}`, { role: this.#random.pick(["admin", "member"]) }, [200, 404])
      } else if (this.#random.chance(0.5)) await this.#add(guest, path)
      else {
        const removed = await this.#insist("DELETE", `${path}/${guest.id}`, undefined, [204, 404])
        if (removed !== undefined && performance.now() > (this.#unsure.get(guest) ?? 0)) this.#outside.add(guest)
      }
    }
  }

  async #add(guest: Person, path: string): Promise<void> {
    const asked = performance.now()
    const added = await this.#insist("POST", path, { user_ids: [guest.id] }, [200, 403])
    const isOutside = this.#outside.has(guest)
    if (added?.status !== 403) this.#outside.delete(guest)
    if (added?.attempts !== 1) this.#unsure.set(guest, performance.now() + longestAttempt)
    // A member stays one, whom they have blocked.
    if (added === undefined || (added.status === 200 && !isOutside)) return
    this.contacts.push({
      what: `add user ${guest.id} to chat ${this.#chat_id}`,
      user_id: this.#owner.id,
      other_id: guest.id,
      asked,
      answered: performance.now(),
      outcome: added.status === 200 ? "done" : "blocked",
    })
  }

  async #block(guest: Person): Promise<void> {
    const on = this.#random.chance(0.4)
    const write: BlockWrite = { user_id: guest.id, blocked_id: this.#owner.id, on, asked: performance.now() }
    this.blockWrites.push(write)
    const path = `/me/state/block:${this.#owner.id}`
    const done = await this.#insist(on ? "PUT" : "DELETE", path, on ? {} : undefined, [200, 204], guest)
    if (done === undefined) return
    write.acked = performance.now()
    write.settled = done.attempts === 1 ? write.acked : write.acked + longestAttempt
  }

  stop(): void {
    this.#stopping = true
  }

  /** undefined: it has no answer yet, or one that makes no sense. */
  async #insist(
    method: string,
    path: string,
    body: object | undefined,
    good: ReadonlyArray<number>,
    by = this.#owner,
  ): Promise<{ readonly status: number; readonly attempts: number } | undefined> {
    for (let attempts = 1; !this.#stopping; attempts++) {
      const reply = await by.http(method, path, body).catch(() => undefined)
      if (reply !== undefined && good.includes(reply.status)) {
        this.moves++
        return { status: reply.status, attempts }
      }
      if (reply?.status === 401) await by.logIn().catch(() => {})
      else if (reply !== undefined && reply.status !== 503) {
        this.violations.push(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
        return undefined
      }
      await pause(this.#random.between(20, 100))
    }
    return undefined
  }
}
