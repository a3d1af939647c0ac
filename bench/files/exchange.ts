// One request with a body of random bytes, sent as fast as it is taken.
import { randomBytes } from "node:crypto"
import { request } from "node:http"

/** No two have the same bytes, which would be stored once. */
function* pieces(block: Buffer, total: number): Generator<Buffer> {
  yield randomBytes(64)
  for (let sent = 64; sent < total; sent += block.length) yield block.subarray(0, Math.min(block.length, total - sent))
}
const block = randomBytes(256 * 1024)

/** The body of the answer, whose status must be below 300. `body`: these bytes, or so many random ones. */
export const exchange = (
  url: string,
  options: { readonly method: string; readonly token?: string; readonly body?: Buffer | number },
): Promise<{ readonly text: string; readonly bytes: number }> =>
  new Promise((resolve, reject) => {
    const { body, method, token } = options
    const length = typeof body === "number" ? body : (body?.length ?? 0)
    const sending = request(
      url,
      {
        method,
        agent: false,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-length": length }),
        },
      },
      (answer) => {
        let bytes = 0
        let text = ""
        answer.on("data", (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes < 10_000) text += chunk.toString()
        })
        answer.on("error", reject)
        answer.on("end", () =>
          (answer.statusCode ?? 500) < 300
            ? resolve({ text, bytes })
            : reject(new Error(`${answer.statusCode}: ${text}`)),
        )
      },
    )
    sending.on("error", reject)
    if (typeof body !== "number") sending.end(body)
    else {
      const rest = pieces(block, body)
      const go = () => {
        for (let next = rest.next(); ; next = rest.next()) {
          if (next.done === true) return void sending.end()
          if (!sending.write(next.value)) return void sending.once("drain", go)
        }
      }
      go()
    }
  })
