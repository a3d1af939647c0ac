// Effect Cluster's way to the other nodes, with one promise more: a request that must not be carried out twice is never put on
// the wire again once it may have arrived. (Effect Cluster repeats what got no answer, which is at least once.)
import { Context, Effect, Exit, Layer } from "effect"
import { Reply, Runners } from "effect/cluster"

/** A request on its way: provided by whoever sends it, who looks at it when no answer comes. */
export interface Journey {
  /** It must not be carried out twice. */
  readonly once: boolean
  /** Is there a node that may have it? Not one that has refused it. */
  mayHaveArrived: boolean
}

export const CurrentJourney = Context.Reference<Journey | undefined>("confab/actors/remote/CurrentJourney", {
  defaultValue: () => undefined,
})

/** The defect with which a request that goes once ends when its connection did. */
export const outcomeUnknown = "the connection ended before the answer"

const embark = <A, E extends { readonly _tag: string }>(journey: Journey, sent: Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    journey.mayHaveArrived = true
    return Effect.tapError(sent, ({ _tag }) =>
      Effect.sync(() => {
        if (_tag === "EntityNotAssignedToRunner" || _tag === "MailboxFull") journey.mayHaveArrived = false
      }),
    )
  })

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
      if (message._tag !== "OutgoingRequest") return sent
      const journey = Context.get(message.context, CurrentJourney)
      if (journey === undefined) return sent
      const { requestId } = message.envelope
      const lost = Effect.suspend(() =>
        message.respond(new Reply.WithExit({ requestId, id: requestId, exit: Exit.die(outcomeUnknown) })),
      )
      return Effect.gen(function* () {
        // Whoever does not answer this has not got the request, and it may be tried again.
        if (!there.has(key)) yield* runners.ping(address)
        there.add(key)
        const arriving = embark(journey, sent)
        yield* journey.once ? Effect.catchTag(arriving, "RunnerUnavailable", () => lost) : arriving
      })
    }

    const sendLocal: Runners.Runners["Service"]["sendLocal"] = (request) => {
      const { message } = request
      const journey = message._tag === "OutgoingRequest" ? Context.get(message.context, CurrentJourney) : undefined
      const sent = runners.sendLocal(request)
      return journey === undefined ? sent : embark(journey, sent)
    }

    return Runners.Runners.of({ ...runners, send, sendLocal })
  }),
)
