// The fields that all frames have.
import { Schema } from "effect"
import { Text } from "../../domain/Text.ts"

/** Returned in the answer to the frame. */
export const Ref = Schema.Union([Text.check(Schema.isMaxLength(128)), Schema.Finite])
export type Ref = typeof Ref.Type

export const clientFrame = <const Type extends string, const Fields extends Schema.Struct.Fields>(
  type: Type,
  fields: Fields,
) => Schema.Struct({ type: Schema.Literal(type), ref: Schema.optional(Ref), ...fields })

export const serverFrame = <const Type extends string, const Fields extends Schema.Struct.Fields>(
  type: Type,
  fields: Fields,
) => Schema.Struct({ type: Schema.tag(type), ...fields })
