// A tracer whose spans say what was done and how long it took, and nothing of whom and what it was about: attributes and
// failures pass by a list of what may be known. It also bounds how many spans there are, since a collector may be away.
import { Cause, Exit, Option, Tracer } from "effect"

/** All others are left out: addresses with tokens and texts in them, headers, statements, messages of errors. */
const known = new Set([
  "http.request.method",
  "http.response.status_code",
  "http.route",
  "request_id",
  "user_id",
  "rpc.method",
  "rpc.system.name",
  "db.system.name",
  "db.client.connection.wait_time_ms",
  "chats",
  "messages",
])

/** Past that, what begins anew within this second leaves no trace. */
const spansPerSecond = 2_000

/** A failure's name is one of ours or of a library's classes; its message and its stack may quote what somebody sent. */
const nameOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  const name = typeof error === "object" && error !== null && "_tag" in error ? error._tag : undefined
  if (typeof name === "string") return name
  return error instanceof Error ? error.constructor.name : "Error"
}

const failure = (name: string): Error => {
  const error = new Error(name)
  error.name = name
  error.stack = name
  return error
}

const carefulExit = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> =>
  Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? Exit.void : Exit.fail(failure(nameOf(exit.cause)))

/** `trustParents`: do the traces that callers name in their headers go on here? Strangers shall not choose what is recorded. */
export const carefulTracer = (tracer: Tracer.Tracer, trustParents: boolean): Tracer.Tracer => {
  let second = 0n
  let begun = 0
  const hasRoom = (startTime: bigint): boolean => {
    if (startTime - second >= 1_000_000_000n || startTime < second) {
      second = startTime
      begun = 0
    }
    return ++begun <= spansPerSecond
  }

  return Tracer.make({
    span: (options) => {
      const foreign = Option.isSome(options.parent) && options.parent.value._tag === "ExternalSpan" && !trustParents
      const parent = foreign ? Option.none<Tracer.AnySpan>() : options.parent
      const room = hasRoom(options.startTime)
      // A trace that was begun is told to its end; what it can have is bounded by what one request can do.
      const sampled = (foreign || options.sampled) && (room || Option.isSome(parent))
      const span = tracer.span({ ...options, parent, sampled })
      const attribute = span.attribute.bind(span)
      const end = span.end.bind(span)
      return Object.assign(span, {
        attribute: (key: string, value: unknown) => {
          if (!known.has(key)) return
          attribute(key, value)
          // `GET /chats/:id`, as OpenTelemetry names them: the route is known only after the span has begun.
          if (key === "http.route") Object.assign(span, { name: `${options.name} ${value}` })
        },
        event: () => {},
        end: (endTime: bigint, exit: Exit.Exit<unknown, unknown>) => end(endTime, carefulExit(exit)),
      })
    },
  })
}
