// Requests to one bucket: signed, over kept connections, ended when nothing moves, and sent again where the store or the
// way to it failed. Sending again is always safe: what is stored under a name never changes.
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"
import type { Readable } from "node:stream"
import { setTimeout as pause } from "node:timers/promises"
import { AwsV4Signer } from "aws4fetch"
import { Redacted } from "effect"
import type { S3Place } from "../../config/s3Settings.ts"
import type { ByteRange } from "../shape.ts"
import { failureOf, S3Failure } from "./S3Failure.ts"

export interface S3Times {
  /** How long nothing may move while the store is waited for, milliseconds. */
  readonly silence: number
  /** Before the second try; twice that before the third, milliseconds. */
  readonly pause: number
}

export const usualTimes: S3Times = { silence: 30_000, pause: 250 }

export const tries = 3

export interface S3Body {
  /** Bytes. */
  readonly size: number
  /** Hexadecimal: the store compares it. */
  readonly sha256: string
  readonly open: () => Readable
}

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE"
  readonly name: string
  readonly range?: ByteRange | undefined
  readonly body?: S3Body
}

const sha256OfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/** Errors are short XML; the rest is not read. */
const mostOfError = 16_384

/** The head of an answer, or a failure; ends the request when nothing moves for `silence`. */
const answerTo = (request: ClientRequest, body: S3Body | undefined, silence: number): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const content = body?.open()
    let timer: NodeJS.Timeout
    const moved = () => {
      clearTimeout(timer)
      timer = setTimeout(() => request.destroy(new S3Failure("TimedOut")), silence)
    }
    const end = () => {
      clearTimeout(timer)
      content?.destroy()
    }
    request.once("response", (response) => {
      end()
      resolve(response)
    })
    request.on("error", (error) => {
      end()
      reject(error)
    })
    moved()
    if (content === undefined) {
      request.end()
      return
    }
    content.on("data", moved)
    content.once("error", (error) => request.destroy(error))
    content.pipe(request)
  })

const errorOf = async (response: IncomingMessage, silence: number): Promise<S3Failure> => {
  const timer = setTimeout(() => response.destroy(), silence)
  let text = ""
  try {
    for await (const chunk of response) {
      text += String(chunk)
      if (text.length > mostOfError) break
    }
  } catch {
    // The status says enough.
  } finally {
    clearTimeout(timer)
  }
  const status = response.statusCode ?? 0
  const valueOf = (element: string) =>
    new RegExp(`<${element}>\\s*([A-Za-z0-9.-]{1,64})\\s*</${element}>`).exec(text)?.[1]
  return new S3Failure(valueOf("Code") ?? `http ${status}`, status, valueOf("Region"))
}

export class S3Client {
  readonly times: S3Times
  readonly #place: S3Place
  readonly #agent: HttpAgent
  /** Signing keys of the day. */
  readonly #cache = new Map<string, ArrayBuffer>()

  constructor(place: S3Place, times: S3Times) {
    this.#place = place
    this.times = times
    const options = { keepAlive: true, maxSockets: 128, maxFreeSockets: 16 }
    this.#agent = place.endpoint.startsWith("https:") ? new HttpsAgent(options) : new HttpAgent(options)
  }

  close(): void {
    this.#agent.destroy()
  }

  /** The answer with its body unread; only statuses below 300. A failure after all tries is an S3Failure. */
  async send(request: S3Request, signal: AbortSignal): Promise<IncomingMessage> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(request, signal)
      } catch (error) {
        if (signal.aborted) throw error
        const failure = failureOf(error)
        if (!failure.isPassing || attempt === tries) throw failure
        await pause(this.times.pause * 2 ** (attempt - 1) * (0.5 + Math.random()), undefined, { signal })
      }
    }
  }

  /** As `send`, for answers that have nothing to read. */
  async order(request: S3Request, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await this.send(request, signal)
    response.resume()
    return response
  }

  async #once({ body, method, name, range }: S3Request, signal: AbortSignal): Promise<IncomingMessage> {
    signal.throwIfAborted()
    const { accessKey, bucket, endpoint, region, secretKey } = this.#place
    const { headers, url } = await new AwsV4Signer({
      method,
      url: `${endpoint}/${bucket}/${name}`,
      headers: {
        "x-amz-content-sha256": body?.sha256 ?? sha256OfNothing,
        ...(range === undefined ? {} : { range: `bytes=${range.first}-${range.last}` }),
        ...(body === undefined
          ? {}
          : { "content-length": String(body.size), "content-type": "application/octet-stream" }),
      },
      accessKeyId: Redacted.value(accessKey),
      secretAccessKey: Redacted.value(secretKey),
      region,
      service: "s3",
      cache: this.#cache,
    }).sign()
    const options = { method, headers: Object.fromEntries(headers), agent: this.#agent, signal }
    const request = url.protocol === "https:" ? httpsRequest(url, options) : httpRequest(url, options)
    const response = await answerTo(request, body, this.times.silence)
    // Its reader sees a cut connection by the missing end.
    response.on("error", () => undefined)
    const isSent = request.writableFinished
    if ((response.statusCode ?? 0) < 300 && isSent) return response
    const failure = await errorOf(response, this.times.silence)
    // The store did not want the rest of the body: this connection is of no use any more.
    if (!isSent) request.destroy()
    throw failure
  }
}
