// The parameters of paths and queries as generators need them: over HTTP all are text, here they have their types.
import { Limits } from "../Limits.ts"
import { isJson } from "./schemas.ts"

type Json = Record<string, unknown>

const id = { type: "integer", format: "int64", minimum: 1 }
const maximum = Number.MAX_SAFE_INTEGER
const position = { ...id, minimum: 0, maximum }
const text = { type: "string" }

const next = (next: Json) => ({ schema: next, description: "The `next` of the page before." })
const seq = (description: string) => ({ schema: position, description })

/** By name, or by path and name where the name has another meaning there. */
const parameters: Record<string, Json> = {
  limit: {
    schema: { type: "integer", format: "int32", minimum: 1, maximum: Limits.page.max, default: Limits.page.default },
    description: "How many items at most.",
  },
  offset: { schema: { ...position, default: 0 }, description: "How many messages to skip." },
  before: seq("Items with a lower `seq` alone."),
  after: seq("Items with a higher `seq` alone."),
  around: seq("A page with this `seq` in its middle."),
  // Text: not every generator writes the commas of an array with `explode: false`.
  ids: {
    schema: { ...text, pattern: "^[1-9][0-9]*(,[1-9][0-9]*)*$", examples: ["1,2,3"] },
    description: `At most ${Limits.ids} ids with commas between them.`,
  },
  query: { description: "The beginnings of words of user names and display names." },
  user_id: { schema: id, description: "The user." },
  chat_id: { schema: id, description: "The chat." },
  emoji: { schema: { ...text, examples: ["👍"] }, description: "One emoji, percent-encoded." },
  key: { description: "At most 64 of `a-z 0-9 _ : . -`." },
  prefix: { description: "Keys that begin with this alone." },
  kind: { description: "Files of this kind alone." },
  by: { description: "From `POST /files/{id}/link`." },
  expires: { description: "From `POST /files/{id}/link`." },
  signature: { description: "From `POST /files/{id}/link`." },
  duration_ms: {
    schema: { type: "integer", format: "int32", minimum: 0, maximum: 2_147_483_647 },
    description: "How long it takes to play.",
  },
  waveform: { description: "Base64 of 64 bytes at most." },
  "/me/export files": { schema: { type: "boolean", default: false }, description: "A tar with the files." },
  "/chats before": next(text),
  "/messages/{id}/reactions before": next(text),
  "/messages/{id}/reactions emoji": { description: "Reactions with this emoji alone." },
  "/me/files before": next({ ...id, maximum }),
  "/me/mentions before": next({ ...id, maximum }),
  "/me/state after": next(text),
  "/chats/{id}/members after": next(position),
  "/me/sessions/{id} id": { schema: { type: "string", format: "uuid" }, description: "The session." },
}

/** The subject of an `id` by the beginning of its path. */
const subjects: Record<string, string> = { chats: "chat", messages: "message", users: "user", files: "file" }

/** Completes a parameter of an operation on this path. */
export const completeParameter = (path: string, parameter: Json): void => {
  const name = String(parameter.name)
  const subject = name === "id" ? subjects[path.split("/")[1] ?? ""] : undefined
  // A text on the schema is about the parameter.
  if (isJson(parameter.schema)) {
    const { description, ...schema } = parameter.schema
    Object.assign(parameter, { schema }, description === undefined ? undefined : { description })
  }
  Object.assign(
    parameter,
    subject === undefined ? undefined : { schema: id, description: `The ${subject}.` },
    parameters[`${path} ${name}`] ?? parameters[name],
  )
}
