// Somebody who writes into a chat without a browser: one socket, many messages, and nothing kept of what comes back.
import { once } from "node:events"
import { WebSocket } from "ws"
import type { Person } from "./person.ts"

/** Messages that wait for their acknowledgement at the same time. */
const width = 100

export class Speaker {
  readonly #socket: WebSocket
  readonly #waiting = new Map<string, (messageId: number) => void>()
  #refs = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on("message", (data) => {
      const { ref, message_id } = JSON.parse(data.toString())
      this.#waiting.get(ref)?.(Number(message_id))
      this.#waiting.delete(ref)
    })
  }

  static async of(person: Person): Promise<Speaker> {
    const socket = new WebSocket(`${person.base.replace(/^http/, "ws")}/ws?token=${person.access_token}`)
    await once(socket, "open")
    return new Speaker(socket)
  }

  /** Resolves with the message's id when the server has it. */
  say(chatId: number, text: string): Promise<number> {
    return new Promise((resolve) => {
      const ref = `r${++this.#refs}`
      this.#waiting.set(ref, resolve)
      this.#socket.send(JSON.stringify({ type: "message", chat_id: chatId, text, ref }))
    })
  }

  /** So many, of different lengths, from number 0. */
  async sayMany(chatId: number, count: number, kind: string): Promise<void> {
    for (let from = 0; from < count; from += width) {
      const numbers = Array.from({ length: Math.min(width, count - from) }, (_, i) => from + i)
      await Promise.all(numbers.map((n) => this.say(chatId, `${kind} ${n}. ${"word ".repeat(n % 30)}`)))
    }
  }

  close(): void {
    this.#socket.terminate()
  }
}
