import { Schema } from "effect"

/** Of so many items, for properties of what happens one after the other: left to itself the generator makes two on average. */
export const sequence = <S extends Schema.Top>(item: S, least: number, most: number) =>
  Schema.Array(item).check(Schema.isMinLength(least), Schema.isMaxLength(most))
