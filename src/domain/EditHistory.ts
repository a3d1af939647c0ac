import { Schema } from "effect"
import { Timestamp } from "./Timestamp.ts"

/** How many former texts of one message are given: the newest of them. It bounds the answer. */
export const editsShown = 200

const FormerText = Schema.Struct({
  text: Schema.String,
  at: Timestamp.annotate({ description: "When this text was written." }),
}).annotate({ identifier: "FormerText" })

export const EditHistory = Schema.Struct({ items: Schema.Array(FormerText) }).annotate({ identifier: "EditHistory" })
export type EditHistory = typeof EditHistory.Type
