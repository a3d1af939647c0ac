// What frames need of the services, as callbacks: no fiber where none is needed.
import type { Cause, Exit } from "effect"
import type { CurrentUser } from "../../contract/CurrentUser.ts"
import type { SyncFrame } from "../../contract/frames/catchingUp.ts"
import type { Draft, Written } from "../../domain/Draft.ts"
import type { MessageNotFound, TooManyRequests, Unauthorized, Unavailable } from "../../domain/errors.ts"
import type { MessageId, UserId } from "../../domain/Ids.ts"
import type { StateEntry } from "../../domain/State.ts"
import type { Chats } from "../../services/Chats.ts"
import type { RateLimits } from "../../services/limits/RateLimits.ts"
import type { StateWriteError } from "../../services/OwnState.ts"
import type { MessagePlace } from "../../sql/messages/MessageStore.ts"
import type { Device } from "../Device.ts"

export interface InboundPorts {
  readonly chats: Pick<Chats["Service"], "tell">
  readonly rateLimits: Pick<RateLimits["Service"], "take">
  place(
    by: UserId,
    message_id: MessageId,
    reply: (exit: Exit.Exit<MessagePlace, MessageNotFound | Unavailable>) => void,
  ): void
  /** For what has to be looked up first. */
  compose(by: UserId, written: Written, reply: (exit: Exit.Exit<Draft, Unavailable>) => void): void
  authenticate(
    token: string,
    reply: (exit: Exit.Exit<CurrentUser["Service"], TooManyRequests | Unauthorized | Unavailable>) => void,
  ): void
  putState(by: UserId, key: string, value: unknown, reply: (exit: Exit.Exit<StateEntry, StateWriteError>) => void): void
  sync(device: Device, frame: SyncFrame): void
  defect(cause: Cause.Cause<unknown>): void
}
