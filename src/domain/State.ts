// One value of a user's own state, as its owner sees it.
import { Schema } from "effect"
import { Version } from "./Ids.ts"

export const StateEntry = Schema.Struct({
  key: Schema.String,
  value: Schema.Json,
  version: Version.annotate({ description: "At which it changed last." }),
}).annotate({ identifier: "StateEntry" })
export type StateEntry = typeof StateEntry.Type
