// The fields of operations that HTTP has in the path or in the query string: text there, JSON over RPC.
import { Schema } from "effect"
import { Limits } from "../Limits.ts"
import { decimal, idList, Limit } from "../Params.ts"

/** `text`: its schema over HTTP; `json`: over RPC. */
export interface Parameter<Text extends Schema.Top = Schema.Top, Json extends Schema.Top = Schema.Top> {
  readonly text: Text
  readonly json: Json
}

/** `field`: its name in the input. `mustFit`: text of any form is a known path, and one that does not fit bad input. */
export interface PathParameter<
  Field extends string = string,
  Text extends Schema.Top = Schema.Top,
  Json extends Schema.Top = Schema.Top,
> extends Parameter<Text, Json> {
  readonly field: Field
  readonly mustFit: boolean
}

/** A number in the path; anything else is an unknown path. */
export const numberInPath = <const Field extends string, S extends Schema.Codec<number, number>>(
  field: Field,
  json: S,
) => ({ field, text: decimal(json), json, mustFit: false })

/** Text in the path; text that does not fit the schema is bad input. */
export const textInPath = <const Field extends string, S extends Schema.Codec<string, string>>(
  field: Field,
  json: S,
) => ({ field, text: Schema.String, json, mustFit: true })

/** Text in the path, which the service checks. */
export const uncheckedInPath = <const Field extends string, S extends Schema.Codec<string, string>>(
  field: Field,
  json: S,
) => ({ ...textInPath(field, json), mustFit: false })

/** May be left out. */
export const optional = <Text extends Schema.Top, Json extends Schema.Top>(text: Text, json: Json) => ({
  text: Schema.optional(text),
  json: Schema.optionalKey(json),
})

/** The maximum number of items of a page; `Limits.page.default` when absent. */
export const limit = optional(Limit, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Limits.page.max })))

/** Up to `Limits.ids` ids. */
export const ids = <S extends Schema.Codec<number, number>>(id: S) => ({
  text: idList(id),
  json: Schema.Array(id).check(Schema.isMaxLength(Limits.ids)),
})
