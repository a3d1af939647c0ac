// The place of files that the operator chose cannot be used: the server does not start.
import { Data } from "effect"

export class BlobsUnusable extends Data.TaggedError("BlobsUnusable")<{
  /** Begins a sentence. */
  readonly place: string
  readonly problem: string
  readonly remedy: string
}> {
  override get message(): string {
    return `${this.place} cannot be used: ${this.problem}. ${this.remedy}`
  }
}
