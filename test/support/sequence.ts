import { Schema } from "effect"

/** A list of `least` to `most` items, for properties of sequences: by default the generator makes two on average. */
export const sequence = <S extends Schema.Top>(item: S, least: number, most: number) =>
  Schema.Array(item).check(Schema.isMinLength(least), Schema.isMaxLength(most))
