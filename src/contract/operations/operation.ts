// An operation: something that a signed-in user can ask for, declared once. Its HTTP endpoint, its remote procedure and
// the type of its one implementation (edge/operations) follow from the declaration. Does not know how it is served.
import { Schema } from "effect"
import { HttpApiEndpoint, type HttpApiMiddleware, OpenApi } from "effect/http-api"
import { Rpc } from "effect/rpc"
import { BodyTooLarge, NotFound, TooManyRequests, Unavailable, UnsupportedMediaType } from "../../domain/errors.ts"
import { Authorization } from "../Authorization.ts"
import { described } from "../described.ts"
import type { Answer } from "./Answer.ts"
import { acceptsIdempotencyKey } from "./idempotencyKey.ts"
import type { Parameter, PathParameter } from "./parameters.ts"

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

type Fields = Readonly<Record<string, unknown>>
type None = Record<never, never>
type Parameters = { readonly [name: string]: Parameter }
type PathParameters = { readonly [name: string]: PathParameter }
type Body = Schema.Struct<Schema.Struct.Fields>
type Simplify<A> = { readonly [K in keyof A]: A[K] } & {}

/** What operations have in common; each is an `Operation`, which has the types too. */
export interface AnyOperation {
  readonly endpoint: { readonly identifier: string; readonly path: string; readonly method: string } | null
  readonly procedure: { readonly _tag: string } | null
  readonly answer: Answer
  readonly path: PathParameters
  /** Path and query over HTTP; null: it has none. */
  readonly params: Schema.Codec<Fields, unknown> | null
  readonly query: Schema.Codec<Fields, unknown> | null
  readonly body: Schema.Codec<unknown, unknown> | null
  readonly value: Schema.Codec<unknown, unknown> | null
  readonly isIdempotent: boolean
  readonly isShort: boolean
}

/** The operations of a group, by name. */
export type Operations = { readonly [name: string]: AnyOperation }

type Texts<P> = { readonly [K in keyof P]: P[K] extends { readonly text: infer S } ? S : never }
type Jsons<P> = { readonly [K in keyof P]: P[K] extends { readonly json: infer S } ? S : never }
type ByField<P, Form extends "text" | "json"> = {
  readonly [K in keyof P as P[K] extends { readonly field: infer F extends string } ? F : never]: P[K] extends {
    readonly [_ in Form]: infer S
  }
    ? S
    : never
}
type FieldsOf<B> = [B] extends [never] ? None : B extends { readonly fields: infer F } ? F : never
type ValueField<V> = [V] extends [never] ? None : { readonly value: V }

/** The fields of the procedure's payload. */
type JsonFields<P, Q, B, V, Also> = Simplify<ByField<P, "json"> & Jsons<Q> & FieldsOf<B> & ValueField<V> & Also>
/** The same over HTTP, where path and query are text. */
type TextFields<P, Q, B, V> = Simplify<ByField<P, "text"> & Texts<Q> & FieldsOf<B> & ValueField<V>>
type TypeOf<Fields> = Fields extends Schema.Struct.Fields ? Schema.Struct<Fields>["Type"] : never

type Texted<Fields> = keyof Fields extends never
  ? never
  : Fields extends Schema.Struct.Fields
    ? Schema.toCodecStringTree<Schema.Struct<Fields>>
    : never
type Coded<S> = [S] extends [never] ? never : [S] extends [Schema.Constraint] ? Schema.toCodecJson<S> : never

type RefusedOverHttp<Errors, P, B, V> =
  | Errors
  | typeof Unavailable
  | (keyof P extends never ? never : typeof NotFound)
  | ([B | V] extends [never] ? never : typeof BodyTooLarge | typeof UnsupportedMediaType)

type EndpointOf<Name extends string, Http, P, Q, B, V, Shown, Errors> = Http extends Route
  ? HttpApiEndpoint.HttpApiEndpoint<
      Name,
      Http[0],
      Http[1],
      Texted<Texts<P>>,
      Texted<Texts<Q>>,
      Coded<B | V>,
      never,
      Coded<Shown>,
      Coded<RefusedOverHttp<Errors, P, B, V>>,
      Authorization,
      HttpApiMiddleware.ApplyServices<Authorization, never>
    >
  : null

type ProcedureOf<
  Tag extends string,
  Fields,
  Own extends Schema.Top,
  Errors extends ReadonlyArray<Schema.Top>,
> = Rpc.Rpc<
  Tag,
  keyof Fields extends never ? Schema.Void : Fields extends Schema.Struct.Fields ? Schema.Struct<Fields> : never,
  Own,
  Schema.Union<readonly [...Errors, typeof TooManyRequests, typeof Unavailable]>
>

export interface Operation<
  Endpoint extends AnyOperation["endpoint"],
  Procedure extends AnyOperation["procedure"],
  Input,
  Own,
  Refusal,
> extends AnyOperation {
  readonly endpoint: Endpoint
  readonly procedure: Procedure
  /** Types alone: what its implementation takes, gives and refuses with. */
  readonly "~input"?: Input
  readonly "~own"?: Own
  readonly "~refusal"?: Refusal
}

type Route = readonly [method: Method, path: `/${string}`]

interface Declared<Http, P, Q, B, V, Also, A, Errors, Tag> {
  /** null: over RPC alone. */
  readonly http: Http
  /** The tag of its procedure; null: over HTTP alone. */
  readonly rpc: Tag
  /** The parameters of the path by their names in it. */
  readonly path?: P
  readonly query?: Q
  readonly body?: B
  /** The whole body is the field `value`. */
  readonly value?: V
  /** Fields of the procedure alone, which HTTP says by its method. */
  readonly also?: Also
  /** Concerns several fields of the query, and of the procedure's payload. */
  readonly check?: Check
  readonly answer: A
  /** Besides `Unavailable`, `TooManyRequests` and what follows from path and body. */
  readonly errors: Errors
  readonly summary: string
  readonly description?: string
  /** The header `Idempotency-Key` may say what `dedup_key` of the body says. */
  readonly isIdempotent?: boolean
  /** Its answer has a few kilobytes at most. Every edge limits how many others a user may have under way. */
  readonly isShort?: boolean
}

// biome-ignore lint/suspicious/noExplicitAny: a check of some fields fits every struct that has them
type Check = ReturnType<typeof Schema.makeFilter<any>>

const struct = (fields: Schema.Struct.Fields, check: Check | undefined) =>
  check === undefined ? Schema.Struct(fields) : Schema.Struct(fields).check(check)
const isEmpty = (fields: object) => Object.keys(fields).length === 0
const mapped = (parameters: Parameters, form: "text" | "json"): Schema.Struct.Fields =>
  Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, parameter[form]]))

/** Its declaration: the order of the lists is the order of the documents. */
export const operation = <
  const Name extends string,
  const Http extends Route | null,
  const Tag extends string | null,
  A extends Answer,
  const Errors extends ReadonlyArray<Schema.Top>,
  const P extends PathParameters = None,
  Q extends Parameters = None,
  B extends Body = never,
  V extends Schema.Codec<unknown, unknown> = never,
  Also extends Schema.Struct.Fields = None,
>(
  name: Name,
  declared: Declared<Http, P, Q, B, V, Also, A, Errors, Tag>,
): Operation<
  EndpointOf<Name, Http, P, Q, B, V, A["http"][number], Errors[number]>,
  Tag extends string ? ProcedureOf<Tag, JsonFields<P, Q, B, V, Also>, A["own"], Errors> : null,
  TypeOf<JsonFields<P, Q, B, V, Also>> | (TypeOf<TextFields<P, Q, B, V>> & { readonly [K in keyof Also]?: undefined }),
  A["own"]["Type"],
  Errors[number]["Type"] | TooManyRequests | Unavailable
> => {
  const { also = {}, answer, body, check, errors, http, path = {}, rpc, value } = declared
  const params = isEmpty(path) ? null : Schema.Struct(mapped(path, "text"))
  const query = declared.query === undefined ? null : struct(mapped(declared.query, "text"), check)
  const endpoint = () => {
    if (http === null) return null
    const hasBody = body !== undefined || value !== undefined
    return HttpApiEndpoint.make(http[0])(name, http[1], {
      params: params ?? undefined,
      query: query ?? undefined,
      payload: body ?? value,
      success: answer.http,
      error: [
        ...new Set([
          ...(params === null ? [] : [NotFound]),
          ...errors,
          Unavailable,
          ...(hasBody ? [BodyTooLarge, UnsupportedMediaType] : []),
        ]),
      ],
    } as never)
      .annotateMerge(declared.isIdempotent ? acceptsIdempotencyKey : OpenApi.annotations({}))
      .annotateMerge(described(declared.summary, declared.description))
      .middleware(Authorization)
  }
  const procedure = () => {
    if (rpc === null) return null
    const fields: Schema.Struct.Fields = {
      ...Object.fromEntries(Object.values<PathParameter>(path).map(({ field, json }) => [field, json])),
      ...mapped(declared.query ?? {}, "json"),
      ...body?.fields,
      ...(value === undefined ? {} : { value }),
      ...also,
    }
    return Rpc.make(rpc, {
      payload: isEmpty(fields) ? Schema.Void : struct(fields, check),
      success: answer.own,
      error: Schema.Union([...errors, TooManyRequests, Unavailable]),
    })
  }
  return {
    endpoint: endpoint(),
    procedure: procedure(),
    answer,
    path,
    params,
    query,
    body: body ?? null,
    value: value ?? null,
    isIdempotent: declared.isIdempotent ?? false,
    isShort: declared.isShort ?? false,
  } as never
}
