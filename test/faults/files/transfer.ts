// Bytes of files from and to the server, as they are.
import { createHash } from "node:crypto"
import { once } from "node:events"
import { type IncomingMessage, request } from "node:http"
import type { Person } from "../../support/person.ts"
import type { Random } from "../Random.ts"

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

export interface Downloaded {
  readonly status: number
  readonly size: number
  readonly sha256: string
}

/** `path`: of a file, a thumb or a link, which needs no token. */
export const download = async (person: Person, path: string, isLink = false): Promise<Downloaded> => {
  const headers: Record<string, string> = isLink ? {} : { authorization: `Bearer ${person.access_token}` }
  const response = await fetch(person.base + path, { headers, signal: AbortSignal.timeout(20_000) })
  const bytes = new Uint8Array(await response.arrayBuffer())
  return { status: response.status, size: bytes.length, sha256: sha256Of(bytes) }
}

export type Pace = "at once" | "slowly" | "aborted"

export interface Uploaded {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a stranger sends
  readonly body: any
}

/** undefined: the user gave it up half-way. */
export const upload = async (
  { access_token, base }: Person,
  bytes: Buffer,
  query: string,
  pace: Pace,
  random: Random,
): Promise<Uploaded | undefined> => {
  const sending = request(`${base}/files?${query}`, {
    method: "POST",
    agent: false,
    headers: { authorization: `Bearer ${access_token}`, "content-length": bytes.length },
  })
  const answer = once(sending, "response") as Promise<[IncomingMessage]>
  // It is awaited below; a connection that ends before that is no unhandled rejection.
  answer.catch(() => {})
  if (pace === "at once") sending.end(bytes)
  else {
    const part = Math.ceil(bytes.length / 4)
    const most = pace === "aborted" ? random.between(0, 3) : 4
    for (let i = 0; i < most && !sending.destroyed; i++) {
      sending.write(bytes.subarray(i * part, (i + 1) * part))
      await pause(random.between(5, 40))
    }
    if (pace === "aborted") {
      sending.destroy()
      return undefined
    }
    sending.end()
  }
  const [response] = await answer
  const chunks: Array<Buffer> = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) }
}
