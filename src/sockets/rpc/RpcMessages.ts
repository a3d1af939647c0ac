// Parses input of `/rpc`: JSON with a message of Effect's protocol, or several in an array. Other input is answered
// with one constant sentence, since the protocol's own error would contain our parser's words and stack.
import { Predicate } from "effect"
import type { RpcMessage } from "effect/rpc"

const isId = (value: unknown) => typeof value === "string" || Number.isSafeInteger(value)

const isHeader = (value: unknown) =>
  Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string")

const isMessage = (value: unknown): value is RpcMessage.FromClientEncoded => {
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

/** undefined: not a message of the protocol. */
export const parseMessages = (
  data: Buffer,
  isBinary: boolean,
): ReadonlyArray<RpcMessage.FromClientEncoded> | undefined => {
  if (isBinary) return undefined
  try {
    const value: unknown = JSON.parse(data.toString("utf8"))
    const messages: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
    return messages.every(isMessage) ? messages : undefined
  } catch {
    return undefined
  }
}

/** The answer to input that is not a message. */
export const noMessage = JSON.stringify({
  _tag: "Defect",
  defect: { name: "Error", message: "This is no message of the protocol." },
})
