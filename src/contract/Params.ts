// Whole numbers in paths and query strings: plain decimals, so `0x10`, `1e3`, ` 1` and `01` are refused.
import { Schema, SchemaTransformation } from "effect"
import { Limits } from "./Limits.ts"

const Decimal = Schema.String.check(
  Schema.isPattern(/^(?:0|[1-9][0-9]{0,15})$/, { message: "must be a whole number in plain decimal" }),
)

/** `number` as it is written in a URL. */
export const decimal = <S extends Schema.Codec<number, number>>(number: S) =>
  Decimal.pipe(Schema.decodeTo(number, SchemaTransformation.numberFromString))

const range = (minimum: number, maximum: number) =>
  decimal(
    Schema.Int.check(
      Schema.isBetween({ minimum, maximum }, { message: `must be a whole number from ${minimum} to ${maximum}` }),
    ),
  )

/** The maximum number of items of a page; `Limits.page.default` when absent. */
export const Limit = range(1, Limits.page.max)

/** At most `Limits.ids` ids with commas between them: `1,2,3`. A repeated one counts once. */
export const idList = <S extends Schema.Codec<number, number>>(id: S) =>
  Schema.String.check(
    Schema.isPattern(/^[1-9][0-9]{0,15}(?:,[1-9][0-9]{0,15})*$/, { message: "must be ids with commas between them" }),
  ).pipe(
    Schema.decodeTo(
      Schema.Array(id).check(Schema.isMaxLength(Limits.ids, { message: `must be ${Limits.ids} ids at most` })),
      SchemaTransformation.transform({
        decode: (text): ReadonlyArray<number> => [...new Set(text.split(",").map(Number))],
        encode: (ids: ReadonlyArray<number>) => ids.join(","),
      }),
    ),
  )

/** A `seq` in a query string, or the number of items to skip. */
export const Position = range(0, Number.MAX_SAFE_INTEGER)
