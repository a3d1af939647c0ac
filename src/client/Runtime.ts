// The environment of a client: time, randomness, network. Provided, so that tests control it.
import { ChatClientError } from "./ChatClientError.ts"

/** The used part of a WebSocket: those of browsers, Node and `ws` fit. */
export interface SocketLike {
  onopen: ((event: never) => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null
  onerror: ((event: never) => void) | null
  send(data: string): void
  close(code?: number, reason?: string): void
}

export interface Runtime {
  /** Epoch milliseconds. */
  now(): number
  /** Returns a function that cancels it. */
  after(millis: number, run: () => void): () => void
  /** Runs soon, after the current code. */
  soon(run: () => void): void
  /** 0 ≤ x < 1. */
  random(): number
  randomId(): string
  /** The origin of the page; null outside of pages. */
  readonly page: string | null
  fetch(url: string, init: RequestInit): Promise<Response>
  socket(url: string): SocketLike
  /** Runs one at a time among all users of the name: the tabs of a browser, or this program alone. */
  exclusively<A>(name: string, run: () => Promise<A>): Promise<A>
  /**
   * Calls back when the network may be back (the page woke up, a cable was connected). Returns a function that stops
   * it.
   */
  onWake(run: () => void): () => void
  /**
   * Calls back when the platform reports the loss of the network, which is a hint and no proof. Returns a function that
   * stops it.
   */
  onOffline(run: () => void): () => void
  /** Reports an error that a listener of the program threw, without stopping the client. */
  report(error: unknown): void
}

/** React Native has a `window` without events, and no document. */
const isPage = () => typeof window !== "undefined" && typeof document !== "undefined"

const wakeEvents = (run: () => void): (() => void) => {
  if (!isPage()) return () => {}
  const visible = () => {
    if (document.visibilityState === "visible") run()
  }
  window.addEventListener("online", run)
  document.addEventListener("visibilitychange", visible)
  return () => {
    window.removeEventListener("online", run)
    document.removeEventListener("visibilitychange", visible)
  }
}

const offlineEvents = (run: () => void): (() => void) => {
  if (!isPage()) return () => {}
  window.addEventListener("offline", run)
  return () => window.removeEventListener("offline", run)
}

/** A UUID of version 4. Pages over plain http, except from localhost, have no `crypto.randomUUID`. */
export const randomUuid = (source: Pick<Crypto, "getRandomValues"> & Partial<Pick<Crypto, "randomUUID">>): string => {
  if (source.randomUUID !== undefined) return source.randomUUID()
  const bytes = source.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

const report = (error: unknown): void => {
  if (typeof reportError === "function") reportError(error)
  else console.error(error)
}

const socketOf = (url: string): SocketLike => {
  const socket = new WebSocket(url)
  const like: SocketLike = {
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    send: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
  }
  socket.onopen = () => like.onopen?.(undefined as never)
  socket.onmessage = (event) => like.onmessage?.({ data: event.data })
  socket.onclose = (event) => like.onclose?.({ code: event.code, reason: event.reason })
  socket.onerror = () => like.onerror?.(undefined as never)
  return like
}

/** The error on a platform that cannot connect. */
export const noWebSocket = () =>
  new ChatClientError(
    "NoWebSocket",
    "This platform has no WebSocket. Use Node 22 or newer, or pass one: createChatClient({ runtime: { socket: (url) => new WebSocket(url) } }) with `WebSocket` from the package ws.",
  )

/** That of the current platform: browsers, Node 22 and later. */
export const platformRuntime = (): Runtime => ({
  now: () => Date.now(),
  after: (millis, run) => {
    const timer = setTimeout(run, millis)
    return () => clearTimeout(timer)
  },
  soon: (run) => queueMicrotask(run),
  random: () => Math.random(),
  randomId: () => randomUuid(crypto),
  page: typeof location === "undefined" ? null : location.origin,
  fetch: (url, init) => fetch(url, init),
  socket: socketOf,
  exclusively: (name, run) =>
    typeof navigator !== "undefined" && navigator.locks !== undefined ? navigator.locks.request(name, run) : run(),
  onWake: wakeEvents,
  onOffline: offlineEvents,
  report,
})
