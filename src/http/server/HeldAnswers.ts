// Counts the bytes of long answers that this machine holds for each user. Over a limit the user gets no further one, so
// that a user who reads nothing costs limited memory on a node; and a user's answers are made a few at a time, the long ones two
// at a time, so that nobody else waits for all of them. The kernel accepts megabytes of an answer whether or
// not the peer reads, and does not report what the peer has read: an answer counts until its connection is used again
// or has ended. Short answers are not counted, nor those that need no token.
import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { Context, Effect, Layer, Semaphore } from "effect"
import { Limits } from "../../contract/Limits.ts"
import { TooManyRequests } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"

const shortBytes = 65_536
/** Larger than a page of 200 of the longest messages. */
const longestBytes = 4_194_304
/** Answers of one user that are made at the same time, until one of them turns out to be long, and from then on. */
const madeAtOnce = 8
const longMadeAtOnce = 2
/** Bytes or characters: a page of messages of the usual length has less, even of 200. */
const long = 524_288
const untakenMillis = Limits.untakenSeconds * 1000
const tooMuch = new TooManyRequests({
  detail: "You have unread answers. Read them or close their connections, then try again.",
  retry_after_ms: 1_000,
})

/**
 * The answer of a connection that is refused is its last one: an idle connection would stay for another minute, and a
 * user who reads nothing has hundreds of them.
 */
const refused = (response: ServerResponse): TooManyRequests => {
  response.shouldKeepAlive = false
  return tooMuch
}

/** What a connection holds, for the life of the connection. */
interface Hold {
  user_id: UserId
  bytes: number
  /** The last of its answers. */
  response: ServerResponse
}

export class HeldAnswers extends Context.Service<
  HeldAnswers,
  {
    /** The bytes held for the user. */
    of(user_id: UserId): number
    /**
     * Makes an answer that may be long for a user, once it is its turn. The error, which ends the connection, if there may be
     * no room for it then. `lengthOf`: of an answer, in bytes or characters.
     */
    make<A, E, R>(
      user_id: UserId,
      response: ServerResponse,
      answer: Effect.Effect<A, E, R>,
      lengthOf: (answer: A) => number,
    ): Effect.Effect<A, E | TooManyRequests, R>
    /**
     * Counts an answer of `bytes` to a user. Returns the error to answer instead, which ends the connection; `isDone`: the
     * request has already taken effect, and is not refused.
     */
    hold(
      user_id: UserId | undefined,
      bytes: number,
      socket: Socket,
      response: ServerResponse,
      isDone: boolean,
    ): TooManyRequests | undefined
    /** The next request arrived on this connection. */
    next(socket: Socket): void
  }
>()("confab/http/server/HeldAnswers") {
  static readonly layer = Layer.sync(HeldAnswers, () => new Holding())
}

interface Turns {
  readonly semaphore: Semaphore.Semaphore
  /** Who has a turn or waits for one. */
  count: number
}

class Holding {
  private readonly users = new Map<UserId, number>()
  private readonly turns = new Map<UserId, Turns>()
  private readonly holds = new WeakMap<Socket, Hold>()

  of(user_id: UserId): number {
    return this.users.get(user_id) ?? 0
  }

  make<A, E, R>(
    user_id: UserId,
    response: ServerResponse,
    answer: Effect.Effect<A, E, R>,
    lengthOf: (answer: A) => number,
  ) {
    return Effect.suspend(() => {
      const turns = this.turns.get(user_id) ?? { semaphore: Semaphore.makeUnsafe(madeAtOnce), count: 0 }
      this.turns.set(user_id, turns)
      turns.count++
      const { semaphore } = turns
      const made = Effect.tap(answer, (value) =>
        lengthOf(value) > long ? semaphore.resize(longMadeAtOnce) : Effect.void,
      )
      const madeIfRoom = Effect.suspend(
        (): Effect.Effect<A, E | TooManyRequests, R> =>
          this.of(user_id) > Limits.heldBytes - longestBytes ? Effect.fail(refused(response)) : made,
      )
      return Effect.ensuring(
        semaphore.withPermit(madeIfRoom),
        Effect.sync(() => {
          if (--turns.count === 0) this.turns.delete(user_id)
        }),
      )
    })
  }

  hold(
    user_id: UserId | undefined,
    bytes: number,
    socket: Socket,
    response: ServerResponse,
    isDone: boolean,
  ): TooManyRequests | undefined {
    if (bytes <= shortBytes || user_id === undefined || response.destroyed) return undefined
    const held = this.of(user_id)
    // A single answer may have any length.
    if (!isDone && held > 0 && held + bytes > Limits.heldBytes) return refused(response)
    response.once("finish", () => {
      // Node would wait longer for the next request than an answer may stay unread.
      if ((socket.timeout ?? 0) > untakenMillis) socket.setTimeout(untakenMillis)
    })
    const hold = this.holds.get(socket)
    if (hold === undefined) {
      this.holds.set(socket, { user_id, bytes, response })
      socket.once("close", () => this.release(socket))
    } else {
      if (hold.user_id !== user_id) this.release(socket)
      hold.user_id = user_id
      hold.bytes += bytes
      hold.response = response
    }
    this.users.set(user_id, this.of(user_id) + bytes)
    return undefined
  }

  next(socket: Socket): void {
    // A pipelined request does not show that the last answer was read.
    if (this.holds.get(socket)?.response.writableFinished === true) this.release(socket)
  }

  private release(socket: Socket): void {
    const hold = this.holds.get(socket)
    if (hold === undefined) return
    const left = this.of(hold.user_id) - hold.bytes
    hold.bytes = 0
    if (left > 0) this.users.set(hold.user_id, left)
    else this.users.delete(hold.user_id)
  }
}
