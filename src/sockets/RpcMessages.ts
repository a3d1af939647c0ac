// What may come in on `/rpc`: JSON that is a message of Effect's protocol. Whatever else is sent is answered with one constant
// sentence, since the protocol's own words for it would be those of our parser and our stack.
import { Predicate } from "effect"
import { RpcSerialization } from "effect/rpc"

const isId = (value: unknown) => typeof value === "string" || Number.isSafeInteger(value)

const isHeader = (value: unknown) =>
  Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string")

const isMessage = (value: unknown): boolean => {
  if (!Predicate.isObject(value) || !("_tag" in value)) return false
  switch (value._tag) {
    case "Request":
      return (
        "id" in value &&
        isId(value.id) &&
        "tag" in value &&
        typeof value.tag === "string" &&
        "headers" in value &&
        Array.isArray(value.headers) &&
        value.headers.every(isHeader)
      )
    case "Ack":
    case "Interrupt":
      return "requestId" in value && isId(value.requestId)
    case "Eof":
    case "Ping":
      return true
    default:
      return false
  }
}

const parse = (data: Uint8Array | string): ReadonlyArray<unknown> => {
  try {
    const value: unknown = JSON.parse(typeof data === "string" ? data : Buffer.from(data).toString("utf8"))
    const messages: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
    if (messages.every(isMessage)) return messages
  } catch {}
  throw new Error("This is no message of the protocol.")
}

/** JSON, as clients have it, but strict. */
export const RpcMessages = RpcSerialization.RpcSerialization.of({
  ...RpcSerialization.json,
  makeUnsafe: () => ({ ...RpcSerialization.json.makeUnsafe(), decode: parse }),
})
