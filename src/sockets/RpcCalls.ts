// The calls of one RPC connection that are under way, so many at once and no more. A call counts from the moment it is read until its
// handler has ended: a discarded one is answered when it begins, and must not slip through by that.
import { Effect, Queue } from "effect"

export class RpcCalls {
  private readonly places: Queue.Queue<void>
  private readonly underWay = new Map<string, "read" | "running">()

  private constructor(places: Queue.Queue<void>) {
    this.places = places
  }

  static make(atOnce: number): Effect.Effect<RpcCalls> {
    return Effect.map(Queue.bounded<void>(atOnce), (places) => new RpcCalls(places))
  }

  /** Waits for a place. An id that is under way already takes no second one: the server refuses it. */
  read(id: string | number): Effect.Effect<unknown> {
    return this.underWay.has(String(id))
      ? Effect.void
      : Effect.map(Queue.offer(this.places, undefined), () => this.underWay.set(String(id), "read"))
  }

  /** The call as its handler runs it; gives the place back at the end. */
  run<A, E, R>(id: unknown, call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      if (!this.underWay.has(String(id))) return call
      this.underWay.set(String(id), "running")
      return Effect.ensuring(call, this.end(id))
    })
  }

  /** Gives the place of a call back that was answered and never came to a handler. */
  answered(id: unknown): Effect.Effect<unknown> {
    return Effect.suspend(() => (this.underWay.get(String(id)) === "read" ? this.end(id) : Effect.void))
  }

  private end(id: unknown): Effect.Effect<unknown> {
    return Effect.suspend(() => (this.underWay.delete(String(id)) ? Queue.poll(this.places) : Effect.void))
  }
}
