// A WebSocket by hand: writes frames that no client library would write, and reads what the server answers with.
import { randomBytes } from "node:crypto"
import { connect, type Socket } from "node:net"
import { parseAnswer, type WireAnswer } from "./Wire.ts"

export interface FrameOptions {
  readonly fin?: boolean
  /** The three reserved bits. */
  readonly rsv?: number
  readonly masked?: boolean
  /** The length in the header, if it is wrong on purpose. */
  readonly length?: number
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export const frame = (opcode: number, payload: Buffer | string, options: FrameOptions = {}): Buffer => {
  const { fin = true, rsv = 0, masked = true } = options
  const body = Buffer.from(payload)
  const length = options.length ?? body.length
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode]
  const mask = masked ? 0x80 : 0
  if (length < 126) head.push(mask | length)
  else if (length < 65_536) head.push(mask | 126, length >> 8, length & 0xff)
  else {
    head.push(mask | 127)
    for (let shift = 56n; shift >= 0n; shift -= 8n) head.push(Number((BigInt(length) >> shift) & 0xffn))
  }
  if (!masked) return Buffer.concat([Buffer.from(head), body])
  const key = randomBytes(4)
  for (let i = 0; i < body.length; i++) body[i] = (body[i] ?? 0) ^ (key[i % 4] ?? 0)
  return Buffer.concat([Buffer.from(head), key, body])
}

export const handshake = (path: string, more: ReadonlyArray<string> = []): Buffer =>
  Buffer.from(
    [
      `GET ${path} HTTP/1.1`,
      ...["Host: 127.0.0.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
      ...more,
      "\r\n",
    ].join("\r\n"),
  )

/** What came of a conversation. */
export interface Outcome {
  /** The answer to the handshake; undefined: none. */
  readonly answer: WireAnswer | undefined
  readonly texts: ReadonlyArray<string>
  /** undefined: the server ended the connection without saying why. */
  readonly close: number | undefined
}

const read = (bytes: Buffer): Outcome => {
  const answer = parseAnswer(bytes)
  const texts: Array<string> = []
  let close: number | undefined
  if (answer?.status === 101) {
    let at = bytes.indexOf("\r\n\r\n") + 4
    while (at + 2 <= bytes.length) {
      const opcode = (bytes[at] ?? 0) & 0x0f
      let length = (bytes[at + 1] ?? 0) & 0x7f
      at += 2
      if (length === 126) {
        length = bytes.readUInt16BE(at)
        at += 2
      } else if (length === 127) {
        length = Number(bytes.readBigUInt64BE(at))
        at += 8
      }
      const payload = bytes.subarray(at, at + length)
      if (payload.length < length) break
      at += length
      if (opcode === opcodes.text) texts.push(payload.toString("utf8"))
      if (opcode === opcodes.close) close = length >= 2 ? payload.readUInt16BE(0) : 1005
    }
  }
  return { answer, texts, close }
}

/**
 * Opens a socket, sends these parts one after the other, then `goodbye` (a close frame, mostly), and reads until the server
 * has ended the connection. Fails when it does not within the time.
 */
export const converse = (port: number, open: Buffer, parts: ReadonlyArray<Buffer>, longestWait = 20_000) =>
  new Promise<Outcome>((resolve, reject) => {
    const socket: Socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
    const chunks: Array<Buffer> = []
    let sent = false
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`The connection did not end within ${longestWait} ms`))
    }, longestWait)
    const done = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(read(Buffer.concat(chunks)))
    }
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk)
      if (sent) return
      sent = true
      for (const part of parts) if (!socket.destroyed) socket.write(part)
      socket.end()
    })
    socket.on("end", done)
    socket.on("error", done)
    socket.on("close", done)
    socket.on("connect", () => socket.write(open))
  })
