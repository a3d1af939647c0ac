// The environment says something that cannot be: which variables, and what is wrong with each.
import { Data } from "effect"

export interface InvalidSetting {
  readonly variable: string
  /** Reads on from the variable's name; never has a secret's value in it. */
  readonly problem: string
}

export class InvalidSettings extends Data.TaggedError("InvalidSettings")<{
  readonly problems: ReadonlyArray<InvalidSetting>
}> {
  /** One line for each. */
  override get message(): string {
    return this.problems.map(({ variable, problem }) => `${variable} ${problem}.`).join("\n")
  }
}
