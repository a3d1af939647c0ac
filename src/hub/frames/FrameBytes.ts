// Builds WebSocket frames of a server: whole, unmasked, in one buffer that any number of sockets may share. Does not
// know their content.

/** The size of a header, by the length of the payload. */
const headerSize = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10)

/**
 * `first` is the header's first byte: opcode, and 0x80 unless more fragments follow. Returns the position after the
 * header.
 */
const writeHeader = (bytes: Buffer, at: number, first: number, length: number): number => {
  bytes[at] = first
  const size = headerSize(length)
  if (size === 2) bytes[at + 1] = length
  else if (size === 4) {
    bytes[at + 1] = 126
    bytes[at + 2] = length >>> 8
    bytes[at + 3] = length & 0xff
  } else {
    bytes[at + 1] = 127
    bytes.writeBigUInt64BE(BigInt(length), at + 2)
  }
  return at + size
}

const header = (first: number, length: number): Buffer => {
  const frame = Buffer.allocUnsafe(headerSize(length) + length)
  writeHeader(frame, 0, first, length)
  return frame
}

const whole = 0x80
const continuation = 0x0
const text = 0x1

/** A text frame of this JSON. */
export const textFrame = (json: string): Buffer => fragment(json, true, true)

/** A fragment of a text frame: only pings may come between fragments. */
export const fragment = (json: string, isFirst: boolean, isLast: boolean): Buffer => {
  const length = Buffer.byteLength(json)
  const frame = header((isLast ? whole : 0) | (isFirst ? text : continuation), length)
  frame.write(json, frame.length - length, length, "utf8")
  return frame
}

/** Text frames of these JSON texts one after the other, and the end of each. */
export const textFrames = (
  texts: ReadonlyArray<string>,
): { readonly bytes: Buffer; readonly ends: ReadonlyArray<number> } => {
  const lengths: Array<number> = []
  let size = 0
  for (let i = 0; i < texts.length; i++) {
    const length = Buffer.byteLength(texts[i]!)
    lengths.push(length)
    size += headerSize(length) + length
  }
  const bytes = Buffer.allocUnsafe(size)
  const ends: Array<number> = []
  let at = 0
  for (let i = 0; i < texts.length; i++) {
    const length = lengths[i]!
    at = writeHeader(bytes, at, whole | text, length)
    bytes.write(texts[i]!, at, length, "utf8")
    at += length
    ends.push(at)
  }
  return { bytes, ends }
}

/** A close frame; the reason may have 123 bytes. */
export const closeFrame = (code: number, reason: string): Buffer => {
  const length = 2 + Buffer.byteLength(reason)
  const frame = header(whole | 0x8, length)
  frame.writeUInt16BE(code, frame.length - length)
  frame.write(reason, frame.length - length + 2, "utf8")
  return frame
}

/** A ping without payload: the same bytes for every socket. */
export const pingFrame = header(whole | 0x9, 0)
/** A ping whose pong can be distinguished. */
export const helloPing = header(whole | 0x9, 1).fill("h", 2)

const arrivalBytes = 4
/** A ping that follows messages, by its number: see DeliveredMarks. */
export const arrivalPing = (count: number): Buffer => {
  const frame = header(whole | 0x9, arrivalBytes)
  frame.writeUInt32BE(count >>> 0, frame.length - arrivalBytes)
  return frame
}
/** The number of the ping that was answered with this; undefined: of another ping. */
export const arrivalOf = (pong: Buffer): number | undefined =>
  pong.length === arrivalBytes ? pong.readUInt32BE() : undefined

/** Reads these frames, for transports other than WebSocket and for tests. */
export class TextReader {
  /** The text of an incomplete frame. */
  private begun = ""

  /** The JSON texts that are complete with these bytes, which are consecutive frames. */
  take(bytes: Buffer): ReadonlyArray<string> {
    const texts: Array<string> = []
    let at = 0
    while (at < bytes.length) {
      const first = bytes[at]!
      const short = bytes[at + 1]! & 0x7f
      const length =
        short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
      const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
      at = start + length
      if ((first & 0x0f) > text) continue
      this.begun += bytes.toString("utf8", start, at)
      if ((first & whole) === 0) continue
      texts.push(this.begun)
      this.begun = ""
    }
    return texts
  }
}

/** The JSON texts of whole frames. */
export const textsOf = (bytes: Buffer): ReadonlyArray<string> => new TextReader().take(bytes)
