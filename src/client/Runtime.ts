// The world around a client: time, chance, network. Given, so that tests own it.

/** What is used of a WebSocket: the browser's, Node's, and `ws` all fit. */
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
  /** Gives back how to cancel. */
  after(millis: number, run: () => void): () => void
  /** Runs soon, after what is running now. */
  soon(run: () => void): void
  /** 0 ≤ x < 1. */
  random(): number
  randomId(): string
  fetch(url: string, init: RequestInit): Promise<Response>
  socket(url: string): SocketLike
  /** Runs one at a time among all that share the name: the tabs of a browser, or this program alone. */
  exclusively<A>(name: string, run: () => Promise<A>): Promise<A>
  /** Calls when the network may be back (the page woke up, the cable is in). Gives back how to stop. */
  onWake(run: () => void): () => void
}

const wakeEvents = (run: () => void): (() => void) => {
  if (typeof window === "undefined") return () => {}
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

/** Of the platform that runs this: browsers, Node 22 and later. */
export const platformRuntime = (): Runtime => ({
  now: () => Date.now(),
  after: (millis, run) => {
    const timer = setTimeout(run, millis)
    return () => clearTimeout(timer)
  },
  soon: (run) => queueMicrotask(run),
  random: () => Math.random(),
  randomId: () => crypto.randomUUID(),
  fetch: (url, init) => fetch(url, init),
  socket: socketOf,
  exclusively: (name, run) =>
    typeof navigator !== "undefined" && navigator.locks !== undefined ? navigator.locks.request(name, run) : run(),
  onWake: wakeEvents,
})
