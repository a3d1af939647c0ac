// How long chats did not answer: records every acknowledgement.
export class Silence {
  /** By chat: the time of its last answer, and the longest time between two since `begin` (milliseconds). */
  readonly #last = new Map<number, number>()
  readonly #longest = new Map<number, number>()

  constructor(chats: Iterable<number>) {
    for (const chat_id of chats) this.#last.set(chat_id, performance.now())
  }

  /** The chat has just answered. */
  broken(chat_id: number): void {
    const now = performance.now()
    const silent = now - (this.#last.get(chat_id) ?? now)
    this.#longest.set(chat_id, Math.max(this.#longest.get(chat_id) ?? 0, silent))
    this.#last.set(chat_id, now)
  }

  begin(): void {
    this.#longest.clear()
  }

  /** Chats without an answer since this moment of performance.now(). */
  since(moment: number): ReadonlyArray<number> {
    return [...this.#last].filter(([, last]) => last <= moment).map(([chat_id]) => chat_id)
  }

  /** The longest of all chats, since `begin`. */
  get longest(): number {
    return Math.max(0, ...this.#longest.values())
  }
}
