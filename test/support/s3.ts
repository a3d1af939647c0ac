// An S3 store for tests, which checks signatures, and a way to it on which things go wrong.
import { once } from "node:events"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import S3rver from "@20minutes/s3rver"
import { Redacted } from "effect"
import type { S3Place } from "../../src/config/s3Settings.ts"

/** The only account that this store has. */
const key = "S3RVER"
export const bucket = "confab-files"

/** The settings of a server that keeps its files there. */
export const s3Env = (url: string): Record<string, string> => ({
  S3_ENDPOINT: url,
  S3_BUCKET: bucket,
  S3_ACCESS_KEY: key,
  S3_SECRET_KEY: key,
})

export const s3Place = (endpoint: string, spool: string): S3Place => ({
  endpoint,
  bucket,
  region: "us-east-1",
  accessKey: Redacted.make(key),
  secretKey: Redacted.make(key),
  spool,
})

export class S3Store {
  readonly url: string
  readonly #server: S3rver
  readonly #directory: string

  private constructor(server: S3rver, directory: string, port: number) {
    this.#server = server
    this.#directory = directory
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(): Promise<S3Store> {
    const directory = mkdtempSync(join(tmpdir(), "confab-s3-"))
    const server = new S3rver({
      address: "127.0.0.1",
      port: 0,
      silent: true,
      directory,
      vhostBuckets: false,
      configureBuckets: [{ name: bucket }],
    })
    return new S3Store(server, directory, (await server.run()).port)
  }

  /** Of the bytes of an object on this machine's disk. */
  pathOf(name: string): string {
    return join(this.#directory, bucket, `${name}._S3rver_object`)
  }

  /** Of all objects. */
  names(): ReadonlyArray<string> {
    return readdirSync(join(this.#directory, bucket)).flatMap((name) =>
      name.endsWith("._S3rver_object") ? [name.slice(0, -"._S3rver_object".length)] : [],
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#server.close()
    this.#server.httpServer.closeAllConnections()
    await closed
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/**
 * What becomes of a request: `reset` has its connection cut, `silent` no answer, `busy` a 503; of the body of a `short`
 * answer half arrives and then the connection ends, of a `stalled` one half and then nothing; `whole` ignores the range.
 */
export type Trouble = "none" | "reset" | "silent" | "busy" | "short" | "stalled" | "whole" | Refusal

/** A store's own answer: its status and its XML. */
export interface Refusal {
  readonly status: number
  readonly xml: string
}

export class S3Proxy {
  /** What becomes of the next requests, one after the other; then `always`. */
  readonly next: Array<Trouble> = []
  always: Trouble = "none"
  /** `GET bytes=0-5` of each request so far. */
  readonly seen: Array<string> = []
  readonly #server: Server
  #target: string

  private constructor(server: Server, target: string) {
    this.#server = server
    this.#target = target
  }

  static async to(target: string): Promise<S3Proxy> {
    const server = createServer((request, response) => proxy.#pass(request, response))
    const proxy: S3Proxy = new S3Proxy(server, target)
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close")
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const trouble = this.next.shift() ?? this.always
    this.seen.push(`${request.method} ${request.headers.range ?? ""}`.trim())
    if (typeof trouble === "object") {
      request.resume()
      response.writeHead(trouble.status, { "content-type": "application/xml" }).end(trouble.xml)
      return
    }
    switch (trouble) {
      case "reset":
        request.socket.destroy()
        return
      case "silent":
        request.resume()
        return
      case "busy":
        response.writeHead(503).end("<Error><Code>SlowDown</Code></Error>")
        return
      default:
        this.#forward(request, response, trouble)
    }
  }

  #forward(request: IncomingMessage, response: ServerResponse, trouble: Trouble): void {
    const { range, ...rest } = request.headers
    const headers = trouble === "whole" || range === undefined ? rest : { ...rest, range }
    const onward = httpRequest(
      `${this.#target}${request.url}`,
      { method: request.method ?? "GET", headers, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers)
        if (trouble !== "short" && trouble !== "stalled") {
          answer.pipe(response)
          return
        }
        const half = Math.floor(Number(answer.headers["content-length"]) / 2)
        let sent = 0
        answer.on("data", (chunk: Buffer) => {
          if (sent === half) return
          const part = chunk.subarray(0, half - sent)
          sent += part.length
          response.write(part, () => {
            if (sent === half && trouble === "short") response.destroy()
          })
        })
      },
    )
    onward.on("error", () => response.destroy())
    response.on("close", () => onward.destroy())
    request.pipe(onward)
  }
}
