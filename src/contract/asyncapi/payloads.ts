// The JSON Schemas of the frames' payloads, derived from the schemas with which the server decodes. Shared parts become
// `#/components/schemas/…`; generated schemas are simplified where possible.
import { Predicate, Schema } from "effect"
import { ClientFrames } from "../ClientFrame.ts"
import { clientWordsOf, serverWordsOf } from "../frames/words.ts"
import { ServerFrames } from "../ServerFrame.ts"
import { fields, impliedChat } from "./fields.ts"

export type Json = { readonly [key: string]: unknown }

const isJson = (value: unknown): value is Json => Predicate.isObject(value)
const strings = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter(Predicate.isString) : []
const mapValues = (value: Json, map: (entry: unknown, key: string) => unknown): Json =>
  Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, map(entry, key)]))

/** `message_updated` → `MessageUpdated`. */
const pascal = (type: string) => type.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** The name of a frame's message and of its schema. */
export const clientName = (type: string) => `Client${pascal(type)}`
export const serverName = (type: string) => `Server${pascal(type)}`

const fieldsOf = (name: string, texts: object | undefined) =>
  Object.entries(texts ?? {}).map(([field, text]): [string, string] => [`${name}.${field}`, String(text)])
/** The texts about fields, as `Schema.field` or by the field's name. */
const texts: { readonly [field: string]: string } = {
  ...fields,
  ...Object.fromEntries([
    ...Object.entries(ClientFrames).flatMap(([type, frame]) => fieldsOf(clientName(type), clientWordsOf(frame).fields)),
    ...Object.entries(ServerFrames).flatMap(([type, frame]) => fieldsOf(serverName(type), serverWordsOf(frame).fields)),
  ]),
}

const isNull = (schema: unknown) => isJson(schema) && schema.type === "null"

/** A field that may be absent is not nullable, though Effect's JSON Schema says so. */
const withoutAbsence = (schema: unknown): unknown => {
  if (!isJson(schema) || !Array.isArray(schema.anyOf) || !isNull(schema.anyOf.at(-1))) return schema
  const anyOf = schema.anyOf.slice(0, -1)
  return anyOf.length === 1 ? anyOf[0] : { ...schema, anyOf }
}

/** The same schema in a shorter form, with texts about its fields. `name`: that of its component. */
const tidy = (value: unknown, name: string): unknown => {
  if (Array.isArray(value)) return value.map((entry) => tidy(entry, name))
  if (!isJson(value)) return value
  const { additionalProperties, allOf, properties, ...rest } = value
  const out: Record<string, unknown> = mapValues(rest, (entry) => tidy(entry, name))
  if (Array.isArray(allOf)) for (const part of allOf) Object.assign(out, tidy(part, name))
  if (typeof out.$ref === "string") out.$ref = out.$ref.replace("#/$defs/", "#/components/schemas/")
  if (Array.isArray(out.enum) && out.enum.length === 1) {
    out.const = out.enum[0]
    delete out.enum
  }
  // Every integer is in JavaScript's safe range; only a narrower bound is informative.
  if (out.type === "integer" && out.maximum === Number.MAX_SAFE_INTEGER) {
    delete out.maximum
    if (out.minimum === Number.MIN_SAFE_INTEGER) delete out.minimum
    else out.format = "int64"
  }
  if (isJson(additionalProperties)) out.additionalProperties = tidy(additionalProperties, name)
  if (isJson(properties)) {
    const required = strings(out.required)
    out.properties = mapValues(properties, (entry, field) => {
      const schema = tidy(required.includes(field) ? entry : withoutAbsence(entry), name)
      const description = texts[`${name}.${field}`] ?? texts[field]
      return description === undefined || !isJson(schema) || "$ref" in schema ? schema : { ...schema, description }
    })
  }
  return out
}

const generate = (name: string, schema: Schema.Constraint): Json => {
  const { definitions, schema: own } = Schema.toJsonSchemaDocument(schema)
  return mapValues({ ...definitions, [name]: own }, (entry, key) => {
    const schema = tidy(entry, key)
    return isJson(schema) && fields[key] !== undefined ? { ...schema, description: fields[key] } : schema
  })
}

const readNames = (...fields: ReadonlyArray<string>) => ({
  anyOf: [{ required: ["message_id"] }, { required: fields }],
})

/** The frame on `/ws/{chat_id}`, where some fields are implied. */
const withImplied = (schema: unknown, optional: ReadonlyArray<string>): unknown => {
  if (!isJson(schema) || !isJson(schema.properties)) return schema
  const properties = mapValues(schema.properties, (entry, field) =>
    field === "chat_id" && isJson(entry) ? { ...entry, description: impliedChat } : entry,
  )
  return { ...schema, properties, required: strings(schema.required).filter((field) => !optional.includes(field)) }
}

const impliedIn = new Map(
  Object.entries(ClientFrames).flatMap(([type, frame]) => {
    const { inChat } = clientWordsOf(frame)
    return inChat === undefined ? [] : [[type, inChat.optional] as const]
  }),
)

/** The name of the frame on `/ws/{chat_id}`, if it differs there. */
export const inChatName = (type: string) => (impliedIn.has(type) ? `${clientName(type)}InChat` : clientName(type))

/** `components.schemas`. */
export const makePayloads = (): Json => {
  const schemas: Record<string, unknown> = {}
  for (const [type, schema] of Object.entries(ClientFrames)) Object.assign(schemas, generate(clientName(type), schema))
  for (const [type, schema] of Object.entries(ServerFrames)) Object.assign(schemas, generate(serverName(type), schema))
  for (const [type, optional] of impliedIn) {
    schemas[inChatName(type)] = withImplied(schemas[clientName(type)], optional)
  }
  const { ClientMessage: message, ClientMessageInChat: messageInChat } = schemas
  const { ClientRead: read, ClientReadInChat: readInChat } = schemas
  const content = {
    anyOf: [
      { required: ["text"], properties: { text: { minLength: 1 } } },
      { required: ["text", "attachments"] },
      { required: ["forward"] },
    ],
  }
  return {
    ...schemas,
    ClientMessage: { ...(isJson(message) ? message : {}), ...content },
    ClientMessageInChat: { ...(isJson(messageInChat) ? messageInChat : {}), ...content },
    ClientRead: { ...(isJson(read) ? read : {}), ...readNames("chat_id", "seq") },
    ClientReadInChat: { ...(isJson(readInChat) ? readInChat : {}), ...readNames("seq") },
  }
}
