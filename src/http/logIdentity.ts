// Links the log lines, the trace and the answer of one request by its id.
import { Context, type Fiber, Tracer } from "effect"
import type { Exchange } from "./Exchange.ts"

type AnyFiber = Fiber.Fiber<unknown, unknown>

const spanOf = (fiber: AnyFiber): Tracer.Span | undefined => {
  const span = Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
  return span?._tag === "Span" && span.sampled ? span : undefined
}

/** Annotations for every line that is logged during the request. */
export const logIdentity = (fiber: AnyFiber, { request_id }: Exchange): Readonly<Record<string, unknown>> => {
  const span = spanOf(fiber)
  return span === undefined ? { request_id } : { request_id, trace_id: span.traceId }
}

/** Sets the ids on the request's span, if there is one. */
export const nameOnSpan = (fiber: AnyFiber, { request_id, user_id }: Exchange): void => {
  const span = spanOf(fiber)
  if (span === undefined) return
  span.attribute("request_id", request_id)
  if (user_id !== undefined) span.attribute("user_id", user_id)
}
