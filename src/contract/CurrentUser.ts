// Who is asking, once a middleware or an upgrade has checked the token.
import { Context } from "effect"
import type { SessionId, UserId } from "../domain/Ids.ts"

export class CurrentUser extends Context.Service<
  CurrentUser,
  {
    readonly user_id: UserId
    readonly session_id: SessionId
    /** Epoch milliseconds: when the access token stops being good. */
    readonly expires_at: number
    /** Epoch milliseconds, of a trusted issuer's token alone: its owner was signed in there then. */
    readonly issued_at?: number
  }
>()("confab/contract/CurrentUser") {}
