// HTTP/1.1 over a bare TCP connection: sends bytes that no client library would send, and reads the answer by hand.
import { connect } from "node:net"

export interface WireAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
}

/** How long an answer may take; past that the server hangs. */
const longestWait = 20_000

const dechunk = (body: Buffer): Buffer => {
  const parts: Array<Buffer> = []
  let at = 0
  for (;;) {
    const end = body.indexOf("\r\n", at)
    const size = end < 0 ? Number.NaN : Number.parseInt(body.subarray(at, end).toString("latin1"), 16)
    if (Number.isNaN(size)) throw new Error("A chunked answer that is cut short")
    if (size === 0) return Buffer.concat(parts)
    parts.push(body.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
}

/** The last whole answer in these bytes; undefined when there is none. Interim answers (1xx) are passed over. */
export const parseAnswer = (bytes: Buffer, method = "GET"): WireAnswer | undefined => {
  const end = bytes.indexOf("\r\n\r\n")
  if (end < 0) return undefined
  const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n")
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1])
  const rest = bytes.subarray(end + 4)
  if (status > 101 || status === 101 || Number.isNaN(status)) {
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(":")
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    const length = Number(headers.get("content-length") ?? Number.NaN)
    const bodiless = method === "HEAD" || status === 204 || status === 304 || status === 101
    const body = bodiless
      ? Buffer.alloc(0)
      : headers.get("transfer-encoding") === "chunked"
        ? dechunk(rest)
        : Number.isNaN(length)
          ? rest
          : rest.subarray(0, length)
    if (!bodiless && body.length < length) throw new Error(`An answer of ${length} bytes with only ${body.length}`)
    return { status, headers, text: body.toString("utf8") }
  }
  return parseAnswer(rest, method)
}

/**
 * Sends these bytes and reads until the server ends the connection (so ask it to: `Connection: close`).
 * undefined: it ended without an answer. `half`: the client ends its side after the last byte.
 */
export const exchange = (port: number, bytes: ReadonlyArray<Buffer>, method = "GET", half = false) =>
  new Promise<WireAnswer | undefined>((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
    const chunks: Array<Buffer> = []
    const timer = setTimeout(() => {
      socket.destroy()
      reject(
        new Error(`No end within ${longestWait} ms; so far: ${Buffer.concat(chunks).toString("latin1").slice(0, 200)}`),
      )
    }, longestWait)
    const done = () => {
      clearTimeout(timer)
      socket.destroy()
      try {
        resolve(parseAnswer(Buffer.concat(chunks), method))
      } catch (cause) {
        reject(cause)
      }
    }
    socket.on("data", (chunk: Buffer) => chunks.push(chunk))
    socket.on("end", done)
    // The server may answer and close before it has read everything: its answer counts.
    socket.on("error", done)
    socket.on("close", done)
    socket.on("connect", () => {
      for (const part of bytes) if (!socket.destroyed) socket.write(part)
      if (half) socket.end()
    })
  })
