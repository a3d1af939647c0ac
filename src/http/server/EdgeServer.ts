// The node:http server. Sockets of `/ws` and `/rpc` and plain requests go to their own handlers, everything else to
// Effect.
import { IncomingMessage, Server, ServerResponse } from "node:http"
import { Socket } from "node:net"
import { Duplex } from "node:stream"
import { Context, Effect, Layer } from "effect"
import { Settings } from "../../config/Settings.ts"
import { belowBasePath } from "./basePath.ts"
import { refuseBroken } from "./clientError.ts"
import { SlowRequests } from "./SlowRequests.ts"
import { lookMillis, UntakenAnswers } from "./UntakenAnswers.ts"

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Handles a request, or returns false without touching it. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => boolean

const isOurs = /^\/(?:ws|rpc)(?:[/?]|$)/

/** `Upgrade: h2c` and similar offers may be ignored: such a request is answered like any other. */
const wantsSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === "websocket"

/** Milliseconds. An idle connection may wait for the next request; SlowRequests limits how long one takes to arrive. */
const timeouts = { headersTimeout: 10_000, requestTimeout: 0, keepAliveTimeout: 65_000 }

const arrivedLate = { code: "ERR_HTTP_REQUEST_TIMEOUT" }

/** How long `close` waits for requests and sockets under way. */
const grace = 4_000

export class EdgeServer extends Server {
  /** Connections that speak HTTP, and those that became sockets. */
  readonly #connections = new Set<Socket>()
  readonly #upgraded = new Set<Socket>()
  readonly #untaken = new UntakenAnswers()
  readonly #slow = new SlowRequests()
  readonly #answers = new WeakMap<Duplex, ServerResponse>()
  /** Called with the connection of each request, before anything else. */
  onNext: (socket: Socket) => void = () => {}
  /** Called with the number of connections that were ended because their answer was not read. */
  onUntaken: (ended: number) => void = () => {}
  #onUpgrade: UpgradeHandler | undefined
  #onRequest: RequestHandler | undefined
  readonly #below: (target: string) => string

  /** `basePath` as in the settings. */
  constructor(basePath = "") {
    const below = belowBasePath(basePath)
    super({
      ...timeouts,
      connectionsCheckingInterval: 5_000,
      maxHeaderSize: 16_384,
      // Node would refuse a request without Host with its own text, and use the first of two.
      requireHostHeader: false,
      // Node calls this from 22.21 and 24.9 on; before, Effect answers such a request when it receives it as an
      // upgrade.
      shouldUpgradeCallback: (request) => wantsSocket(request) && isOurs.test(below(request.url ?? "")),
    })
    this.#below = below
    const connections = this.#connections
    const upgraded = this.#upgraded
    const untaken = this.#untaken
    // One function for all sockets: a closure for each would cost memory on every idle one.
    function forget(this: Socket): void {
      connections.delete(this)
      upgraded.delete(this)
      untaken.forget(this)
    }
    this.on("connection", (socket: Socket) => {
      connections.add(socket)
      socket.on("close", forget)
    })
    this.on("listening", () => {
      const looks = setInterval(() => {
        this.endUntaken(performance.now())
        this.endSlow(performance.now())
      }, lookMillis).unref()
      this.once("close", () => clearInterval(looks))
    })
    // An unknown expectation may be ignored (RFC 9110, section 10.1.1); Node would refuse it with its own text.
    this.on("checkExpectation", (request, response) => this.emit("request", request, response))
    this.on("clientError", (error: Error & { readonly code?: string }, socket) => this.#refuse(error, socket))
  }

  /**
   * Gives the upgrades of `/ws`, `/rpc` and the paths below them to `handler`; without one they are answered like a
   * plain request.
   */
  takeOverSockets(handler: UpgradeHandler): void {
    this.#onUpgrade = handler
  }

  /** Calls `handler` first; requests that it does not handle go to Effect. Without a handler, all do. */
  takeOverRequests(handler: RequestHandler | undefined): void {
    this.#onRequest = handler
  }

  /** Ends the connections whose answer was not read for too long; called every few seconds. `now` in milliseconds. */
  endUntaken(now: number): void {
    const ended = this.#untaken.look(this.#connections, now)
    if (ended > 0) this.onUntaken(ended)
  }

  /** Ends the connections whose request has not arrived in time; called every few seconds. `now` in milliseconds. */
  endSlow(now: number): void {
    const answers = [...this.#connections].flatMap((socket) => this.#answers.get(socket) ?? [])
    const requests = answers.map(({ req }) => req)
    for (const { socket } of this.#slow.look(requests, now)) this.#refuse(arrivedLate, socket)
  }

  /** The body of this request may take its time: the caller limits how long nothing arrives, and then calls `giveUp`. */
  takeTime(request: IncomingMessage): void {
    this.#slow.exempt(request)
  }

  /** Answers that the request did not arrive in time, and ends its connection. */
  giveUp(request: IncomingMessage): void {
    this.#refuse(arrivedLate, request.socket)
  }

  #refuse(error: { readonly code?: string }, socket: Duplex): void {
    const answer = this.#answers.get(socket)
    refuseBroken(error, socket, answer?.headersSent === true && !answer.writableFinished)
  }

  override emit(event: string | symbol, ...args: ReadonlyArray<unknown>): boolean {
    if ((event === "upgrade" || event === "request") && args[0] instanceof IncomingMessage) {
      args[0].url = this.#below(args[0].url ?? "")
    }
    if (event === "upgrade" && this.#onUpgrade !== undefined) {
      const [request, socket, head] = args
      const whole = request instanceof IncomingMessage && socket instanceof Duplex && Buffer.isBuffer(head)
      if (whole && isOurs.test(request.url ?? "") && wantsSocket(request)) {
        // From here on the hub limits what is written to it.
        if (socket instanceof Socket && this.#connections.delete(socket)) this.#upgraded.add(socket)
        this.#onUpgrade(request, socket, head)
        return true
      }
    }
    if (event === "request") {
      const [request, response] = args
      if (request instanceof IncomingMessage && response instanceof ServerResponse) {
        this.onNext(request.socket)
        this.#answers.set(request.socket, response)
        if (!this.listening) response.shouldKeepAlive = false
        if (this.#onRequest?.(request, response) === true) return true
      }
    }
    return super.emit(event, ...args)
  }

  /** Accepts no more connections, lets requests under way finish, and cuts them off when they take too long. */
  override close(done?: (error?: Error) => void): this {
    super.close(done)
    // Node ends connections that are idle now, but others would be kept alive after their answer and accept more
    // requests.
    for (const socket of this.#connections) {
      const answer = this.#answers.get(socket)
      if (answer !== undefined && !answer.headersSent) answer.shouldKeepAlive = false
    }
    setTimeout(() => {
      for (const socket of [...this.#connections, ...this.#upgraded]) socket.destroy()
    }, grace).unref()
    return this
  }
}

/** The one server of this process. */
export class HttpEdge extends Context.Service<HttpEdge, EdgeServer>()("confab/http/server/HttpEdge") {
  static readonly layer = Layer.effect(
    HttpEdge,
    Effect.map(Settings, ({ basePath }) => new EdgeServer(basePath)),
  )
}
