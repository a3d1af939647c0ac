// Answers input that is not a whole HTTP request with a problem document, instead of Node's bare status line, and ends
// the connection.
import type { Duplex } from "node:stream"
import { always } from "../headers.ts"

interface Problem {
  readonly _tag: string
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
}

const problem = (_tag: string, status: number, title: string, detail: string): Problem => ({
  type: `urn:confab:problem:${_tag}`,
  title,
  status,
  detail,
  _tag,
})

const malformed = {
  ...problem("InvalidInput", 400, "Invalid input", "This is not a well-formed HTTP request."),
  issues: [{ path: "", message: "must be a request as RFC 9112 has it" }],
}

/** By Node's error codes; every other error is malformed input. */
const problems: { readonly [code: string]: Problem } = {
  HPE_HEADER_OVERFLOW: problem("HeadersTooLarge", 431, "Headers too large", "The headers are over 16 KiB."),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: problem("BodyTooLarge", 413, "Body too large", "The chunk extensions are too long."),
  ERR_HTTP_REQUEST_TIMEOUT: problem("RequestTimeout", 408, "Request timeout", "The request did not arrive in time."),
}

const phrases: { readonly [status: number]: string } = {
  400: "Bad Request",
  408: "Request Timeout",
  413: "Content Too Large",
  431: "Request Header Fields Too Large",
}

/** How long the answer may take to be sent, milliseconds. */
const lingering = 1_000

/** `answering`: an answer is under way on this connection, and a second one would be read as a part of it. */
export const refuseBroken = (error: { readonly code?: string }, socket: Duplex, answering: boolean): void => {
  if (!socket.writable || answering || error.code === "ECONNRESET") {
    socket.destroy()
    return
  }
  const no = problems[error.code ?? ""] ?? malformed
  const body = JSON.stringify(no)
  const headers = { ...always, "content-type": "application/problem+json", "content-length": Buffer.byteLength(body) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  // Closing with unread bytes would reset the connection, and a client that still sends might lose the answer.
  socket.removeAllListeners("data").on("data", () => {})
  socket.once("end", () => socket.destroy())
  setTimeout(() => socket.destroy(), lingering).unref()
  socket.end(`HTTP/1.1 ${no.status} ${phrases[no.status]}\r\nconnection: close\r\n${lines.join("")}\r\n${body}`)
}
