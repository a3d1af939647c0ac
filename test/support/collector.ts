// An OpenTelemetry collector for tests: accepts everything, answers as configured, and shows what it received.
import { once } from "node:events"
import { createServer, type Server as HttpServer, type IncomingHttpHeaders } from "node:http"

export interface CollectedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly status: { readonly code: number; readonly message?: string }
  readonly events: ReadonlyArray<unknown>
}

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

const record = (attributes: ReadonlyArray<Attribute>) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

/** Over HTTP with JSON (`OTEL_EXPORTER_OTLP_PROTOCOL=http/json`); the bytes of other formats are kept as well. */
export class Collector {
  readonly spans: Array<CollectedSpan> = []
  readonly requests: Array<{ readonly path: string; readonly headers: IncomingHttpHeaders }> = []
  /** All bodies, for a search. */
  raw = ""
  resource: Readonly<Record<string, unknown>> = {}
  /** What it answers; `silence`: nothing, ever. */
  answer: number | "silence" = 200
  readonly #server: HttpServer
  readonly #waiting = new Set<() => void>()

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk) => chunks.push(chunk))
      request.on("end", () => {
        this.requests.push({ path: request.url ?? "", headers: request.headers })
        const body = Buffer.concat(chunks)
        this.raw += body.toString("latin1") + body.toString("utf8")
        if (request.headers["content-type"] === "application/json") this.#read(JSON.parse(body.toString()))
        if (this.answer !== "silence") response.writeHead(this.answer, { "content-type": "application/json" }).end("{}")
        for (const look of [...this.#waiting]) look()
      })
    })
  }

  static async start(): Promise<Collector> {
    const collector = new Collector()
    collector.#server.listen(0, "127.0.0.1")
    await once(collector.#server, "listening")
    return collector
  }

  get url(): string {
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
  }

  /** Waits until `found` gives something. */
  until<A>(found: () => A | undefined, timeout = 10_000): Promise<A> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const value = found()
        if (value === undefined) return
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve(value)
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(look)
        reject(new Error(`Not collected in ${timeout} ms; there is ${this.spans.map(({ name }) => name).join(", ")}`))
      }, timeout)
      this.#waiting.add(look)
      look()
    })
  }

  span(match: Readonly<Record<string, unknown>>): Promise<CollectedSpan> {
    const fits = ({ attributes }: CollectedSpan) =>
      Object.entries(match).every(([key, value]) => attributes[key] === value)
    return this.until(() => this.spans.find(fits))
  }

  #read(data: {
    readonly resourceSpans: ReadonlyArray<{
      readonly resource: { readonly attributes: ReadonlyArray<Attribute> }
      readonly scopeSpans: ReadonlyArray<{
        readonly spans: ReadonlyArray<Omit<CollectedSpan, "attributes"> & { attributes: ReadonlyArray<Attribute> }>
      }>
    }>
  }): void {
    for (const { resource, scopeSpans } of data.resourceSpans) {
      this.resource = record(resource.attributes)
      for (const { spans } of scopeSpans)
        for (const span of spans) this.spans.push({ ...span, attributes: record(span.attributes) })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }
}
