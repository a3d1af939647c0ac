// Uploads at full speed from a thread of their own, so that the times of members who send messages are not those of a busy sender.
import { parentPort, workerData } from "node:worker_threads"
import { exchange } from "./exchange.ts"

/** One upload for each token. */
export interface Uploads {
  readonly url: string
  readonly tokens: ReadonlyArray<string>
  /** Bytes of each. */
  readonly size: number
}

const { size, tokens, url }: Uploads = workerData
await Promise.all(tokens.map((token) => exchange(url, { method: "POST", token, body: size })))
parentPort?.postMessage("done")
