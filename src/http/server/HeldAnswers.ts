// How many bytes of long answers each user has this machine hold. Past a limit they get no further one: a user who reads nothing costs
// so much memory on a node, and no more. The kernel takes megabytes of an answer whether or not its peer reads, and does not say what
// the peer has read: an answer counts until its connection is used again, or has ended. Short answers are not counted, nor what
// needs no token.
import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { Context, Layer } from "effect"
import { Limits } from "../../contract/Limits.ts"
import { TooManyRequests } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"

const shortBytes = 65_536
/** A page of 200 of the longest messages has less. */
const longestBytes = 4_194_304
const untakenMillis = Limits.untakenSeconds * 1000
const tooMuch = new TooManyRequests({
  detail: "Answers that you have asked for are not taken yet. Read them, or close their connections, then try again.",
  retry_after_ms: 1_000,
})

/** What is held for a connection; it stays for the connection's life. */
interface Hold {
  user_id: UserId
  bytes: number
  /** The last of its answers. */
  response: ServerResponse
}

export class HeldAnswers extends Context.Service<
  HeldAnswers,
  {
    /** Bytes that are held for the user. */
    of(user_id: UserId): number
    /** Before a page is read for a user: the error, when there might be no room for it. */
    refusal(user_id: UserId): TooManyRequests | undefined
    /**
     * Counts an answer of so many bytes to a user. The error is what to answer instead; `isDone`: what was asked has been done, and is not
     * answered by a refusal.
     */
    hold(
      user_id: UserId | undefined,
      bytes: number,
      socket: Socket,
      response: ServerResponse,
      isDone: boolean,
    ): TooManyRequests | undefined
    /** The next request came on this connection. */
    next(socket: Socket): void
  }
>()("confab/http/server/HeldAnswers") {
  static readonly layer = Layer.sync(HeldAnswers, () => new Holding())
}

class Holding {
  private readonly users = new Map<UserId, number>()
  private readonly holds = new WeakMap<Socket, Hold>()

  of(user_id: UserId): number {
    return this.users.get(user_id) ?? 0
  }

  refusal(user_id: UserId): TooManyRequests | undefined {
    return this.of(user_id) > Limits.heldBytes - longestBytes ? tooMuch : undefined
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
    // One answer alone may have any length.
    if (!isDone && held > 0 && held + bytes > Limits.heldBytes) return tooMuch
    response.once("finish", () => {
      // Node would wait longer for the next request than an answer may wait to be taken.
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
    // One that was sent behind the last without waiting shows nothing.
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
