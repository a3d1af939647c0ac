// Asks clamd about a file, over TCP: INSTREAM, then the bytes in pieces, each after its length, and a length of 0.
import { createReadStream } from "node:fs"
import { connect } from "node:net"
import { finished } from "node:stream"
import type { Address } from "../config/Variable.ts"

/** `Refused`: by what is known of, or because clamd takes no file of this size. `reason` is clamd's own word for it. */
export type Verdict =
  | { readonly _tag: "Clean" }
  | { readonly _tag: "Refused"; readonly reason: string; readonly isTooLarge: boolean }

/** clamd did not give a verdict. */
export class ScannerFailure extends Error {
  readonly code: string
  constructor(code: string) {
    super(`The scanner failed: ${code}`)
    this.code = code
  }
}

const command = Buffer.from("zINSTREAM\0")
const end = Buffer.alloc(4)
/** More is no answer to INSTREAM. */
const longestAnswer = 4096

const codeOf = (error: Error): string => ("code" in error ? String(error.code) : "unknown")

/** `stream: OK`, `stream: Eicar-Test-Signature FOUND`, `INSTREAM size limit exceeded. ERROR` */
const verdictOf = (answer: string): Verdict | ScannerFailure => {
  const text = answer.replace(/\0[\s\S]*$/, "").trim()
  if (text === "stream: OK") return { _tag: "Clean" }
  const [, found] = /^stream: (.*) FOUND$/.exec(text) ?? []
  if (found !== undefined) return { _tag: "Refused", reason: found, isTooLarge: false }
  if (text.startsWith("INSTREAM size limit exceeded")) return { _tag: "Refused", reason: text, isTooLarge: true }
  return new ScannerFailure(text === "" ? "NoAnswer" : "UnknownAnswer")
}

interface Scan {
  readonly at: Address
  /** Of the file. */
  readonly path: string
  /** Called whenever bytes go or come. */
  readonly moved: () => void
  /** Ends the connection. */
  readonly signal: AbortSignal
}

export const scan = ({ at, moved, path, signal }: Scan): Promise<Verdict> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: at.host, port: at.port, signal })
    const bytes = createReadStream(path)
    let answer = ""
    let isSent = false
    let failure: Error | undefined
    const fail = (code: string) => {
      failure ??= new ScannerFailure(code)
      socket.destroy()
    }
    socket.on("data", (chunk: Buffer) => {
      moved()
      answer += chunk.toString("latin1")
      // Before the end of the file it can only be a refusal.
      if (answer.includes("\0") || answer.length > longestAnswer) socket.destroy()
    })
    socket.on("drain", () => bytes.resume())
    socket.on("error", (error) => {
      failure ??= new ScannerFailure(codeOf(error))
    })
    socket.write(command)
    bytes.on("data", (chunk: string | Buffer) => {
      moved()
      const length = Buffer.alloc(4)
      length.writeUInt32BE(chunk.length)
      socket.write(length)
      if (!socket.write(chunk)) bytes.pause()
    })
    finished(bytes, (error) => {
      if (error != null) return fail(codeOf(error))
      isSent = true
      socket.write(end)
    })
    socket.once("close", () => {
      bytes.destroy()
      // An answer counts, also if the connection broke after it: clamd closes it where it wants no more bytes.
      const verdict = verdictOf(answer)
      if (verdict instanceof Error) reject(failure ?? verdict)
      else if (verdict._tag === "Clean" && !isSent) reject(new ScannerFailure("EarlyAnswer"))
      else resolve(verdict)
    })
  })
