// What a chat's state adds up to. Versions only rise, so a client that missed a change has a smaller sum.
import { Schema } from "effect"
import type { Seq } from "./Ids.ts"

/** How many things there are, and the sum of the versions at which each changed last. */
export const VersionSum = Schema.Struct({ count: Schema.Int, sum: Schema.Int }).annotate({
  identifier: "VersionSum",
})
export type VersionSum = typeof VersionSum.Type

/** The messages of a range, deleted ones too, and all present members, at one version of their chat. */
export interface ChatSums {
  readonly messages: VersionSum
  readonly members: VersionSum
}

/** Both included. */
export type SeqRange = readonly [first: Seq, last: Seq]
