// The connection of a remote call, for the procedures that need it. Clients do not see it: it is added to the
// contract's procedures where they are served.
import { Context } from "effect"
import { RpcMiddleware } from "effect/rpc"
import { ChatRpcs } from "../../contract/ChatRpcs.ts"
import type { RpcConnection } from "./RpcConnection.ts"

export class Caller extends Context.Service<Caller, RpcConnection>()("confab/sockets/rpc/Caller") {}

export class FromCaller extends RpcMiddleware.Service<FromCaller, { provides: Caller }>()(
  "confab/sockets/rpc/FromCaller",
) {}

/** The contract's procedures, as they are served. */
export class ServedRpcs extends ChatRpcs.middleware(FromCaller) {}
