// Decodes a client's frame: JSON, then the compiled schema of its type. Knows the alternatives of the contract
// (`action` for `type`, no `type` with `text`, no `chat_id` on a socket of one chat).
import "effect/schema/SchemaJITCompiler/enable"
import { Cause, Exit, Result, type Schema, SchemaIssue, SchemaParser } from "effect"
import { type ClientFrame, ClientFrames } from "../../contract/ClientFrame.ts"
import type { ErrorCode } from "../../contract/frames/connection.ts"
import { Ref } from "../../contract/frames/frame.ts"
import type { ChatId } from "../../domain/Ids.ts"

/** The reason of the refusal, and the `ref` to answer with, if it could be read. */
export class Rejected {
  readonly code: ErrorCode
  readonly message: string
  readonly ref: Ref | undefined

  constructor(code: ErrorCode, message: string, ref: Ref | undefined) {
    this.code = code
    this.message = message
    this.ref = ref
  }
}

type Decoder = (input: unknown) => Exit.Exit<ClientFrame, Schema.SchemaError | SchemaIssue.Issue>

const decoders = new Map<string, Decoder>(
  Object.entries(ClientFrames).map(([type, schema]) => [
    type,
    SchemaParser.decodeUnknownExit<Schema.Codec<ClientFrame, unknown>>(schema),
  ]),
)
const isRef = SchemaParser.is(Ref)
const isObject = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** `only`: the socket's only chat, 0 when it has all. */
export const decode = (data: Buffer, isBinary: boolean, only: ChatId | 0): ClientFrame | Rejected => {
  if (isBinary) return new Rejected("bad_frame", "Frames are JSON text, not binary.", undefined)
  let value: unknown
  try {
    value = JSON.parse(data.toString("utf8"))
  } catch {
    return new Rejected("bad_frame", "This is not JSON.", undefined)
  }
  if (!isObject(value)) return new Rejected("bad_frame", "A frame is a JSON object.", undefined)
  const ref = isRef(value.ref) ? value.ref : undefined
  if (value.type === undefined) {
    if (value.action !== undefined) value.type = value.action
    else if (only !== 0 && value.text !== undefined) value.type = "message"
    else return new Rejected("invalid", "type is missing", ref)
  }
  const type = value.type
  if (typeof type !== "string") return new Rejected("invalid", "type: must be a string", ref)
  const decoder = decoders.get(type)
  if (decoder === undefined) return new Rejected("unknown_type", "There is no such type of frame.", ref)
  if (
    only !== 0 &&
    value.chat_id === undefined &&
    (type === "message" || type === "typing" || (type === "read" && value.seq !== undefined))
  ) {
    value.chat_id = only
  }
  const exit = decoder(value)
  if (Exit.isSuccess(exit)) return exit.value
  return new Rejected("invalid", reason(exit.cause), ref)
}

const reason = (cause: Cause.Cause<Schema.SchemaError | SchemaIssue.Issue>): string => {
  const found = Cause.findError(cause)
  if (Result.isFailure(found)) return "The frame does not fit its schema."
  const issue = SchemaIssue.isIssue(found.success) ? found.success : found.success.issue
  const first = format(issue).issues[0]
  if (first === undefined) return "The frame does not fit its schema."
  const path = (first.path ?? []).map((step) => (typeof step === "object" ? step.key : step)).join(".")
  const text = path === "" ? first.message : `${path}: ${first.message}`
  return text.slice(0, 500)
}
