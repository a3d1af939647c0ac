// The authenticated caller, from a token that a middleware or an upgrade has verified.
import { Context } from "effect"
import type { SessionId, UserId } from "../domain/Ids.ts"

export class CurrentUser extends Context.Service<
  CurrentUser,
  {
    readonly user_id: UserId
    readonly session_id: SessionId
    /** Epoch milliseconds: when the access token expires. */
    readonly expires_at: number
    /** Epoch milliseconds, only for a trusted issuer's token: when it was issued to its owner. */
    readonly issued_at?: number
  }
>()("confab/contract/CurrentUser") {}
