// The owner of a group who lets guests in and out and gives roles without end, as long as the run lasts.
import type { Person } from "../support/person.ts"
import type { Random } from "./Random.ts"

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

export class Host {
  /** Comings and goings that were confirmed. */
  moves = 0
  readonly violations: Array<string> = []
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
      if (this.#random.chance(0.3)) {
        const { id } = this.#random.pick([guest, ...this.#members])
        await this.#insist("PATCH", `${path}/${id}`, { role: this.#random.pick(["admin", "member"]) }, [200, 404])
      } else if (this.#random.chance(0.5)) await this.#insist("POST", path, { user_ids: [guest.id] }, [200])
      else await this.#insist("DELETE", `${path}/${guest.id}`, undefined, [204, 404])
    }
  }

  stop(): void {
    this.#stopping = true
  }

  async #insist(method: string, path: string, body: object | undefined, good: ReadonlyArray<number>): Promise<void> {
    while (!this.#stopping) {
      const reply = await this.#owner.http(method, path, body).catch(() => undefined)
      if (reply !== undefined && good.includes(reply.status)) {
        this.moves++
        return
      }
      if (reply?.status === 401) await this.#owner.logIn().catch(() => {})
      else if (reply !== undefined && reply.status !== 503) {
        this.violations.push(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
        return
      }
      await pause(this.#random.between(20, 100))
    }
  }
}
