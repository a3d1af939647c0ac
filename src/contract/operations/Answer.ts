// The answer of an operation: what its implementation gives (`own`), which is the procedure's answer, and its form over
// HTTP.
import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"

export interface Shown {
  readonly status: number
  /** undefined: no body. */
  readonly body: unknown
}

export interface Answer<Http extends Schema.Top = Schema.Top, Own extends Schema.Top = Schema.Top> {
  /** With their statuses. */
  readonly http: ReadonlyArray<Http>
  readonly own: Own
  readonly show: (value: never) => Shown
  /** The body over HTTP, of the implementation's value as JSON text. */
  readonly showText: (json: string) => string
}

const asIs = (json: string) => json

export const answer = <Http extends Schema.Top, Own extends Schema.Top>(
  http: ReadonlyArray<Http>,
  own: Own,
  show: (value: Own["Type"]) => Shown,
  showText: (json: string) => string = asIs,
) => ({ http, own, show, showText })

export const ok = <S extends Schema.Top>(schema: S) => answer([schema], schema, (body) => ({ status: 200, body }))

export const created = <S extends Schema.Top>(schema: S) =>
  answer([HttpApiSchema.status(201)(schema)], schema, (body) => ({ status: 201, body }))

export const nothing = answer([HttpApiSchema.NoContent], Schema.Void, () => ({ status: 204, body: undefined }))

/** Over HTTP in an object, which can get more fields. */
export const items = <S extends Schema.Top>(schema: S) =>
  answer(
    [Schema.Struct({ items: Schema.Array(schema) })],
    Schema.Array(schema),
    (list) => ({ status: 200, body: { items: list } }),
    (json) => `{"items":${json}}`,
  )
