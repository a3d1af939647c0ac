// Bounds the time that a part of the server takes to end.
import { type Duration, Effect, Fiber, Layer, Scope } from "effect"

/**
 * The same layer. At the end it is waited for no longer than `limit`, and the rest of its end runs in the background:
 * a database that does not answer must not delay the end of the process.
 */
export const closedWithin =
  (limit: Duration.Input) =>
  <A, E, R>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, E, R> =>
    Layer.fromBuildMemo((memoMap, outer) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        yield* Scope.addFinalizerExit(outer, (exit) =>
          Effect.flatMap(Effect.forkDetach(Scope.close(scope, exit)), (closing) =>
            Effect.timeoutOption(Fiber.join(closing), limit),
          ),
        )
        return yield* Layer.buildWithMemoMap(layer, memoMap, scope)
      }),
    )
