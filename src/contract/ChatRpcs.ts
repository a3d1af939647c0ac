// The operations as typed remote procedures over the WebSocket `/rpc`, and the stream of events. With the same schemas
// and errors as HTTP; the user is authenticated when the socket is opened.
import { Schema } from "effect"
import { Rpc, RpcGroup, RpcMiddleware } from "effect/rpc"
import { InternalError, NotAllowed, TooManyRequests, Unauthorized, Unavailable } from "../domain/errors.ts"
import { Text } from "../domain/Text.ts"
import { Timestamp } from "../domain/Timestamp.ts"
import type { CurrentUser } from "./CurrentUser.ts"
import { syncFields } from "./frames/catchingUp.ts"
import { proceduresOf } from "./operations/groups.ts"
import { rpcOperations } from "./operations/operations.ts"
import { ServerFrame } from "./ServerFrame.ts"

/**
 * Checks on every call that the socket's token is still valid and that the user does not exceed the rate of calls; a
 * call that meets a bug is an InternalError.
 */
export class RpcAuthorization extends RpcMiddleware.Service<RpcAuthorization, { provides: CurrentUser }>()(
  "confab/contract/RpcAuthorization",
  { error: Schema.Union([Unauthorized, TooManyRequests, InternalError]) },
) {}

export class ChatRpcs extends RpcGroup.make(
  /**
   * A new access token of the same session, in time: the connection lives as long as its token. Like the frame `auth`
   * on `/ws`. NotAllowed: the token is invalid, or of another session; nothing changes.
   */
  Rpc.make("Authenticate", {
    payload: { token: Text },
    success: Schema.Struct({ expires_at: Timestamp }),
    error: Schema.Union([NotAllowed, TooManyRequests, Unavailable]),
  }),
  /**
   * The frames of a WebSocket, `hello` first; with `cursors`, the missed events and with `check` the sums of those chats
   * (as after `sync`). It ends with the
   * connection, whose close code gives the reason. The first stream uses the connection's slot; TooManyRequests: the
   * user has no slot for another one.
   */
  Rpc.make("Events", {
    payload: { cursors: Schema.optionalKey(syncFields.cursors), check: syncFields.check },
    success: ServerFrame,
    error: Schema.Union([TooManyRequests, Unavailable]),
    stream: true,
  }),
  ...proceduresOf(rpcOperations),
).middleware(RpcAuthorization) {}
