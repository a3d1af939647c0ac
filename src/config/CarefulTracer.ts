// A tracer whose spans record which operation ran and how long it took, and no personal data: attributes and failures
// pass an allow list. It also limits the number of spans, since a collector may be down.
import { Cause, Exit, Option, Tracer } from "effect"

/** All other attributes are dropped: URLs with tokens and texts, headers, statements, error messages. */
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

/** Root spans over this limit are not sampled within the same second. */
const spansPerSecond = 2_000

/** A failure is recorded by its tag or class; its message and its stack may quote user data. */
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

/**
 * `trustParents`: whether traces that callers name in their headers continue here. Without it, an untrusted caller
 * would decide what is recorded.
 */
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
      // A trace that has begun is recorded to its end; one request limits how many spans it can have.
      const sampled = (foreign || options.sampled) && (room || Option.isSome(parent))
      const span = tracer.span({ ...options, parent, sampled })
      const attribute = span.attribute.bind(span)
      const end = span.end.bind(span)
      return Object.assign(span, {
        attribute: (key: string, value: unknown) => {
          if (!known.has(key)) return
          attribute(key, value)
          // `GET /chats/:id`, as OpenTelemetry names spans: the route is known only after the span has begun.
          if (key === "http.route") Object.assign(span, { name: `${options.name} ${value}` })
        },
        event: () => {},
        end: (endTime: bigint, exit: Exit.Exit<unknown, unknown>) => end(endTime, carefulExit(exit)),
      })
    },
  })
}
