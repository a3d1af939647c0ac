// The chapters about frames, from the AsyncAPI document.
import { code, fieldTable, type Json, list, object, text, typeOf } from "./markdown.ts"

const last = (ref: unknown) => text(object(ref).$ref).split("/").at(-1) ?? ""

const answersOf = (asyncApi: Json): ReadonlyMap<string, ReadonlyArray<string>> => {
  const types = object(object(asyncApi.components).messages)
  const typeOfMessage = (ref: unknown) => text(object(types[last(ref)]).name)
  return new Map(
    Object.values(object(asyncApi.operations)).flatMap((operation) => {
      const { messages, reply } = object(operation)
      const answers = list(object(reply).messages).map(typeOfMessage)
      return list(messages).map((message) => [last(message), answers] as const)
    }),
  )
}

const frame = (asyncApi: Json, name: string, message: Json): string => {
  const { messages: _, schemas } = object(asyncApi.components)
  const answers = name.startsWith("Client") ? (answersOf(asyncApi).get(name) ?? []) : []
  const [example] = list(message.examples)
  return [
    `### \`${text(message.name)}\`: ${text(message.title)}`,
    [text(message.summary), text(message.description)].filter((part) => part !== "").join(" "),
    fieldTable(object(object(schemas)[last(message.payload)])),
    answers.length === 0 ? "" : `Answered by ${answers.map((type) => `\`${type}\``).join(" or ")}.`,
    code("json", JSON.stringify(object(example).payload)),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
}

/** The frames of one direction. The texts describe what differs on `/ws/{chat_id}`. */
export const frames = (asyncApi: Json, direction: "Client" | "Server"): string =>
  Object.entries(object(object(asyncApi.components).messages))
    .filter(([name]) => name.startsWith(direction) && !name.endsWith("InChat"))
    .map(([name, message]) => frame(asyncApi, name, object(message)))
    .join("\n\n")

/** The shared parts of frames. */
export const parts = (asyncApi: Json): string =>
  Object.entries(object(object(asyncApi.components).schemas))
    .filter(([name]) => !/^(?:Client|Server)/.test(name))
    .map(([name, schema]) => {
      const { description, properties } = object(schema)
      const fields = properties === undefined ? `${typeOf(schema)}.` : fieldTable(object(schema))
      return [`### ${name}`, text(description), fields].filter((part) => part !== "").join("\n\n")
    })
    .join("\n\n")
