// The socket protocols of the servers under test. Frames are distinguished by single bytes and numbers are read in
// place, since parsing JSON for every delivery would make the load generator the slowest part.
export const Kind = { Other: 0, Ready: 1, Ack: 2, Delivery: 3, Refusal: 4, Ask: 5 } as const
export type Kind = (typeof Kind)[keyof typeof Kind]

export interface Dialect {
  /** The path of the upgrade, and its headers. */
  readonly upgrade: (token: string) => { readonly path: string; readonly headers: ReadonlyArray<string> }
  readonly kind: (buffer: Buffer, start: number, end: number) => Kind
  /** The `ref` of an ack or a refusal. */
  readonly ref: (buffer: Buffer, start: number, end: number) => number
  readonly message: (chat: number, ref: number, text: string, key: string) => string
  /** The answer to a frame of kind `Ask`. */
  readonly answer: (buffer: Buffer, start: number, token: string) => string
}

const digits = (buffer: Buffer, from: number): number => {
  let value = 0
  for (let at = from; ; at++) {
    const digit = buffer[at]! - 0x30
    if (!(digit >= 0 && digit <= 9)) return value
    value = value * 10 + digit
  }
}

/** Finds the end of `needle` in a frame; remembers its position in the last frame, which is nearly always the same. */
const finder = (needle: string) => {
  const bytes = Buffer.from(needle)
  let hint = 0
  return (buffer: Buffer, start: number, end: number): number => {
    let same = 0
    while (same < bytes.length && buffer[start + hint + same] === bytes[same]) same++
    if (same === bytes.length && start + hint + same <= end) return start + hint + same
    const at = buffer.indexOf(bytes, start)
    if (at === -1 || at >= end) throw new Error(`no ${needle} in ${buffer.toString("latin1", start, end)}`)
    hint = at - start
    return at + bytes.length
  }
}

const textAt = finder('"text":"')
const refAt = finder('"ref":')

/** The number at the beginning of a benchmark's text. */
export const deliveredNumber = (buffer: Buffer, start: number, end: number): number =>
  digits(buffer, textAt(buffer, start, end))

const typeHead = '{"type":"'.length
const m = 0x6d
const quote = 0x22

/** protocol.md §4. */
const confab: Dialect = {
  upgrade: (token) => ({ path: "/ws", headers: [`Authorization: Bearer ${token}`] }),
  kind: (buffer, start) => {
    if (buffer[start + 2] !== 0x74) throw new Error("a frame that does not begin with its type")
    switch (buffer[start + typeHead]) {
      case m:
        return buffer[start + typeHead + "message".length] === quote ? Kind.Delivery : Kind.Other
      case 0x61:
        return Kind.Ack
      case 0x68:
        return Kind.Ready
      case 0x65:
        return Kind.Refusal
      default:
        return Kind.Other
    }
  },
  ref: (buffer, start, end) => digits(buffer, refAt(buffer, start, end)),
  message: (chat, ref, text, key) =>
    `{"type":"message","ref":${ref},"chat_id":${chat},"text":"${text}","dedup_key":"${key}"}`,
  answer: () => "",
}

/**
 * Engine.IO 4 and Socket.IO 5, over WebSocket only, implemented here: their client would cost more than their server.
 */
const socketio: Dialect = {
  upgrade: () => ({ path: "/socket.io/?EIO=4&transport=websocket", headers: [] }),
  kind: (buffer, start) => {
    const engine = buffer[start]! - 0x30
    if (engine === 0 || engine === 2) return Kind.Ask
    if (engine !== 4) return Kind.Other
    switch (buffer[start + 1]! - 0x30) {
      case 2:
        return buffer[start + 4] === m ? Kind.Delivery : buffer[start + 4] === 0x68 ? Kind.Ready : Kind.Other
      case 3:
        return Kind.Ack
      case 4:
        throw new Error(`Socket.IO refused: ${buffer.toString("latin1", start, start + 80)}`)
      default:
        return Kind.Other
    }
  },
  ref: (buffer, start) => digits(buffer, start + 2),
  message: (chat, ref, text, key) => `42${ref}["message",{"chat_id":${chat},"text":"${text}","dedup_key":"${key}"}]`,
  answer: (buffer, start, token) => (buffer[start] === 0x30 ? `40{"token":"${token}"}` : "3"),
}

export const dialects = { confab, socketio } as const
export type DialectName = keyof typeof dialects
