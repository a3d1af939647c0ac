// Effect Cluster's connection to other nodes with a stronger guarantee: a request that must run once is never sent
// again after it may have arrived. (Effect Cluster repeats unanswered requests, which is at least once.)
import { Context, Effect, Exit, Layer } from "effect"
import { Reply, Runners } from "effect/cluster"

/** A request under way: its sender provides it, and reads it when there is no answer. */
export interface Journey {
  /** It must not be carried out twice. */
  readonly once: boolean
  /** Whether a node may have it. A node that has refused it does not count. */
  mayHaveArrived: boolean
}

export const CurrentJourney = Context.Reference<Journey | undefined>("confab/actors/remote/CurrentJourney", {
  defaultValue: () => undefined,
})

/** The defect of a request that must run once, when its connection ended. */
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
    /** The nodes that answered last time: requests to them may arrive. */
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
        // A node that does not answer the ping has not received the request, which may be repeated.
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
