// Effect Cluster's way to the other nodes, with one promise more: a request that is `AtMostOnce` is never put on the wire again
// once it may have arrived. (Effect Cluster repeats what got no answer, which is at least once.)
import { Context, Effect, Exit, Layer } from "effect"
import { Reply, Runners } from "effect/cluster"
import { AtMostOnce } from "./ChatEntity.ts"

/** The defect with which such a request ends when its connection did. */
export const outcomeUnknown = "the connection ended before the answer"

export const layer = Layer.effect(
  Runners.Runners,
  Effect.map(Runners.Runners, (runners) => {
    /** Those that were there last time: what is sent to them may arrive. */
    const there = new Set<string>()

    const send: Runners.Runners["Service"]["send"] = (request) => {
      const { address, message } = request
      const key = `${address.host}:${address.port}`
      const sent = Effect.tapErrorTag(runners.send(request), "RunnerUnavailable", () =>
        Effect.sync(() => there.delete(key)),
      )
      if (message._tag !== "OutgoingRequest" || !Context.get(message.annotations, AtMostOnce)) return sent
      const { requestId } = message.envelope
      const lost = Effect.suspend(() =>
        message.respond(new Reply.WithExit({ requestId, id: requestId, exit: Exit.die(outcomeUnknown) })),
      )
      return Effect.gen(function* () {
        // Whoever does not answer this has not got the request, and it may be tried again.
        if (!there.has(key)) yield* runners.ping(address)
        there.add(key)
        yield* Effect.catchTag(sent, "RunnerUnavailable", () => lost)
      })
    }
    return Runners.Runners.of({ ...runners, send })
  }),
)
