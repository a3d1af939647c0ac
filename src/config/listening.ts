// Checks that the process can listen where its settings say, before anything slow begins. Failures name the settings.
import { createServer } from "node:net"
import { Effect } from "effect"
import { InvalidSettings } from "./InvalidSettings.ts"

export interface Listener {
  /** 0: any free port. */
  readonly port: number
  readonly host: string
  /** The names of the two settings. */
  readonly variables: { readonly port: string; readonly host: string }
}

interface Address {
  readonly port: number
  readonly host: string
}

export const httpListener = ({ port, host }: Address): Listener => ({
  port,
  host,
  variables: { port: "PORT", host: "HOST" },
})

export const metricsListener = ({ port, host }: Address): Listener => ({
  port,
  host,
  variables: { port: "METRICS_PORT", host: "HOST" },
})

export const clusterListener = ({ port, host }: Address): Listener => ({
  port,
  host,
  variables: { port: "CLUSTER_PORT", host: "CLUSTER_HOST" },
})

const codeOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return "unknown error"
  if ("code" in error && typeof error.code === "string") return error.code
  return "cause" in error ? codeOf(error.cause) : "unknown error"
}

/** `error` is that of `listen`, or has it as its cause. */
export const cannotListen = ({ variables: { host, port } }: Listener, error: unknown): InvalidSettings => {
  const code = codeOf(error)
  const [variable, problem] =
    code === "EADDRINUSE"
      ? [port, `is in use by another program: stop that one, or choose another ${port}`]
      : code === "EACCES"
        ? [port, "needs rights that this process does not have: choose one above 1023"]
        : code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAFNOSUPPORT"
          ? [host, "is no address of this machine"]
          : [port, `cannot be listened on (${code})`]
  return new InvalidSettings({ problems: [{ variable, problem }] })
}

/** Listens while the scope is open, so that two equal ports of the settings are detected as well. */
const hold = (listener: Listener) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>, InvalidSettings>((resume) => {
      const server = createServer((socket) => socket.destroy())
      server.once("error", (error) => resume(Effect.fail(cannotListen(listener, error))))
      server.listen({ port: listener.port, host: listener.host }, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void))),
  )

/** Fails if one of these cannot listen. Their ports are free again afterwards. */
export const checkListeners = (listeners: ReadonlyArray<Listener>): Effect.Effect<void, InvalidSettings> =>
  Effect.scoped(Effect.forEach(listeners, hold, { discard: true }))
