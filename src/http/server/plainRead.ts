// Recognises the usual request for a page: GET, a path with one number, numeric parameters, a bearer token, nothing
// else. It accepts only what the contract's own schemas accept; every other request, and every refusal, is left to the
// router.
import type { IncomingMessage } from "node:http"
import { Option, Schema } from "effect"
import type { AnyOperation, Operation } from "../../contract/operations/operation.ts"
import { namesOneHost } from "../../edge/namesOneHost.ts"

type Fields = Readonly<Record<string, string>>

export interface PlainRead<Input> {
  readonly token: string
  readonly input: Input
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

/** Of an operation whose path has one number, and whose query has numbers alone. */
export const plainRead = <
  Endpoint extends AnyOperation["endpoint"],
  Procedure extends AnyOperation["procedure"],
  Input,
  Own,
  Refusal,
>({
  endpoint,
  params,
  path,
  query,
}: Operation<Endpoint, Procedure, Input, Own, Refusal>) => {
  if (endpoint === null || params === null || query === null) throw new Error("an operation without path or query")
  const [before = "", parameter = "", after = ""] = endpoint.path.split(/:(\w+)/)
  const field = path[parameter]?.field ?? parameter
  const address = new RegExp(`^${before}(\\d{1,16})${after}(?:\\?([a-z]+=\\d{1,16}(?:&[a-z]+=\\d{1,16})*))?$`)
  const decodeParams = Schema.decodeUnknownOption(params)
  const decodeQuery = Schema.decodeUnknownOption(query)

  return (request: IncomingMessage): PlainRead<Input> | undefined => {
    const match = request.method === "GET" ? address.exec(request.url ?? "") : null
    if (match === null || hasBody(request) || !namesOneHost(request)) return undefined
    const token = bearer.exec(request.headers.authorization ?? "")?.[1]
    const fields = fieldsOf(match[2])
    if (token === undefined || fields === undefined) return undefined
    const which = decodeParams({ [parameter]: match[1] })
    const what = decodeQuery(fields)
    if (Option.isNone(which) || Option.isNone(what)) return undefined
    // As the operation declares it: its schemas have decoded it.
    return { token, input: { ...what.value, [field]: which.value[parameter] } as Input }
  }
}
