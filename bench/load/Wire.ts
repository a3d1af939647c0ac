// A WebSocket client of minimal cost, so that the server is measured: one receive buffer for all sockets, frames read
// in place, a mask of zeros, one write for everything sent in a turn.
import { createConnection, type Socket } from "node:net"

export interface WireEvents {
  /** A text frame's payload is in `buffer` from `start` to `end`, during the call. */
  frame(buffer: Buffer, start: number, end: number): void
  closed(why: string): void
}

/** When the current bytes arrived; the clock is read once for all frames of a read. */
export const arrival = { now: 0 }

const received = Buffer.allocUnsafe(256 * 1024)
const headersEnd = Buffer.from("\r\n\r\n")
const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const

export class Wire {
  readonly #socket: Socket
  readonly #events: WireEvents
  #upgraded = false
  #closed = false
  #rest: Buffer | undefined
  #texts: Array<string> = []

  constructor(port: number, path: string, headers: ReadonlyArray<string>, events: WireEvents) {
    this.#events = events
    this.#socket = createConnection({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer: received,
        callback: (size, buffer) => {
          this.#receive(buffer as Buffer, size)
          return true
        },
      },
    })
    this.#socket.on("error", (error) => this.#end(error.message))
    this.#socket.on("close", () => this.#end("cut"))
    this.#socket.write(
      [
        `GET ${path} HTTP/1.1`,
        `Host: 127.0.0.1:${port}`,
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: Y29uZmFiIGJlbmNobWFyaw==",
        "Sec-WebSocket-Version: 13",
        ...headers,
        "\r\n",
      ].join("\r\n"),
    )
  }

  /** ASCII only. Sent at the next `flush`. */
  send(text: string): void {
    this.#texts.push(text)
  }

  flush(): void {
    const texts = this.#texts
    if (texts.length === 0 || this.#closed) return
    let size = 0
    for (const text of texts) size += text.length + (text.length < 126 ? 6 : 8)
    const bytes = Buffer.allocUnsafe(size)
    let at = 0
    for (const text of texts) at = writeFrame(bytes, at, opcodes.text, text)
    this.#texts = []
    this.#socket.write(bytes)
  }

  /** Sends a close frame and closes, without waiting for an answer. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    const bytes = Buffer.allocUnsafe(6)
    writeFrame(bytes, 0, opcodes.close, "")
    this.#socket.end(bytes)
    this.#socket.setTimeout(1_000, () => this.#socket.destroy())
  }

  #end(why: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket.destroy()
    this.#events.closed(why)
  }

  #receive(chunk: Buffer, size: number): void {
    arrival.now = performance.now()
    let buffer = chunk
    let end = size
    if (this.#rest !== undefined) {
      buffer = Buffer.concat([this.#rest, chunk.subarray(0, size)])
      end = buffer.length
      this.#rest = undefined
    }
    const done = this.#upgraded ? this.#frames(buffer, 0, end) : this.#upgrade(buffer, end)
    if (done < end) this.#rest = Buffer.from(buffer.subarray(done, end))
    this.flush()
  }

  #upgrade(buffer: Buffer, end: number): number {
    const at = buffer.subarray(0, end).indexOf(headersEnd)
    if (at === -1) return 0
    const status = buffer.toString("latin1", 9, 12)
    if (status !== "101") {
      this.#end(`upgrade refused: ${status}`)
      return end
    }
    this.#upgraded = true
    return this.#frames(buffer, at + 4, end)
  }

  /** Returns the end of the last whole frame. */
  #frames(buffer: Buffer, from: number, end: number): number {
    let at = from
    while (at + 2 <= end && !this.#closed) {
      let length = buffer[at + 1]! & 0x7f
      let start = at + 2
      if (length === 126) {
        if (at + 4 > end) break
        length = buffer.readUInt16BE(at + 2)
        start = at + 4
      } else if (length === 127) {
        if (at + 10 > end) break
        length = Number(buffer.readBigUInt64BE(at + 2))
        start = at + 10
      }
      const next = start + length
      if (next > end) break
      this.#frame(buffer[at]!, buffer, start, next)
      at = next
    }
    return at
  }

  #frame(head: number, buffer: Buffer, start: number, end: number): void {
    switch (head) {
      case 0x80 | opcodes.text:
        this.#events.frame(buffer, start, end)
        break
      case 0x80 | opcodes.ping: {
        const pong = Buffer.allocUnsafe(end - start + 6)
        writeFrame(pong, 0, opcodes.pong, buffer.toString("latin1", start, end))
        this.#socket.write(pong)
        break
      }
      case 0x80 | opcodes.close:
        this.#end(`closed by the server: ${end - start >= 2 ? buffer.readUInt16BE(start) : "no code"}`)
        break
      default:
        this.#end(`a frame that nobody expected: ${head}`)
    }
  }
}

/** Writes one masked frame and returns its end. */
const writeFrame = (bytes: Buffer, from: number, opcode: number, text: string): number => {
  let at = from
  bytes[at++] = 0x80 | opcode
  if (text.length < 126) {
    bytes[at++] = 0x80 | text.length
  } else {
    bytes[at++] = 0x80 | 126
    bytes[at++] = text.length >> 8
    bytes[at++] = text.length & 0xff
  }
  bytes.writeUInt32BE(0, at)
  return at + 4 + bytes.write(text, at + 4, "latin1")
}
