// Names each environment variable that is invalid, and its problem.
import { Data } from "effect"

export interface InvalidSetting {
  readonly variable: string
  /** Continues the sentence that begins with the variable's name; never contains a secret. */
  readonly problem: string
}

export class InvalidSettings extends Data.TaggedError("InvalidSettings")<{
  readonly problems: ReadonlyArray<InvalidSetting>
}> {
  override get message(): string {
    return this.problems.map(({ variable, problem }) => `${variable} ${problem}.`).join("\n")
  }
}
