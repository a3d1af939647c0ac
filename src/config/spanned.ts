// Spans on the path of every message, made only if a collector records them.
import { Effect, References, type Tracer } from "effect"

/** Runs the effect in a span of its own if there is a collector (`Tracing.ts`). */
export const spanned =
  (name: string, options: Tracer.SpanOptionsNoTrace) =>
  <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.withFiber((fiber) =>
      fiber.getRef(References.TracerEnabled)
        ? effect.pipe(Effect.withSpan(name, options, { captureStackTrace: false }))
        : effect,
    )
