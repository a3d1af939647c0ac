// Recognises the usual request for a page: GET, a path with one number, numeric parameters, a bearer token, nothing
// else. It accepts only what the contract's own schemas accept; every other request, and every refusal, is left to the
// router.
import type { IncomingMessage } from "node:http"
import { Option, Schema } from "effect"
import { namesOneHost } from "../../edge/namesOneHost.ts"

type Fields = Readonly<Record<string, string>>

export interface PlainRead<Params, Query> {
  readonly token: string
  readonly params: Params
  readonly query: Query
}

/** undefined: a name occurs twice. */
const fieldsOf = (query: string | undefined): Fields | undefined => {
  const fields: Record<string, string> = {}
  if (query === undefined) return fields
  for (const pair of query.split("&")) {
    const at = pair.indexOf("=")
    const name = pair.slice(0, at)
    if (Object.hasOwn(fields, name)) return undefined
    fields[name] = pair.slice(at + 1)
  }
  return fields
}

const bearer = /^Bearer ([\w.~+/-]+=*)$/

const hasBody = ({ headers }: IncomingMessage) =>
  headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined

/** `path` is the endpoint's, with one parameter: `/history/:chat_id`. */
export const plainRead = <Params, Query>(
  path: string,
  params: Schema.Decoder<Params>,
  query: Schema.Decoder<Query>,
): ((request: IncomingMessage) => PlainRead<Params, Query> | undefined) => {
  const [before = "", parameter = "", after = ""] = path.split(/:(\w+)/)
  const address = new RegExp(`^${before}(\\d{1,16})${after}(?:\\?([a-z]+=\\d{1,16}(?:&[a-z]+=\\d{1,16})*))?$`)
  const decodeParams = Schema.decodeUnknownOption(params)
  const decodeQuery = Schema.decodeUnknownOption(query)

  return (request) => {
    const match = request.method === "GET" ? address.exec(request.url ?? "") : null
    if (match === null || hasBody(request) || !namesOneHost(request)) return undefined
    const token = bearer.exec(request.headers.authorization ?? "")?.[1]
    const fields = fieldsOf(match[2])
    if (token === undefined || fields === undefined) return undefined
    const which = decodeParams({ [parameter]: match[1] })
    const what = decodeQuery(fields)
    return Option.isSome(which) && Option.isSome(what) ? { token, params: which.value, query: what.value } : undefined
  }
}
