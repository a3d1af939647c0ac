// Implements all operations that are served over RPC.
import { Effect } from "effect"
import { implementAccounts } from "./accounts.ts"
import { implementChats } from "./chats.ts"
import { implementMessages } from "./messages.ts"
import { implementRecords } from "./records.ts"
import { implementState } from "./state.ts"

export const implementRpcOperations = Effect.gen(function* () {
  return {
    ...(yield* implementAccounts),
    ...(yield* implementChats),
    ...(yield* implementMessages),
    ...(yield* implementRecords),
    ...(yield* implementState),
  }
})
