// The AsyncAPI 3.0 document of the socket, derived from the schemas, limits and close codes of the server. The texts
// about frames stand on their schemas (frames/); a frame without them does not compile.
import { Context } from "effect"
import { OpenApi } from "effect/http-api"
import { Api } from "./Api.ts"
import { cookieNames, secureCookieNames } from "./Authorization.ts"
import { closeCodes, refusals } from "./asyncapi/closeCodes.ts"
import { resume } from "./asyncapi/fields.ts"
import { guide } from "./asyncapi/guide.ts"
import { clientName, inChatName, type Json, makePayloads, serverName } from "./asyncapi/payloads.ts"
import { ClientFrames } from "./ClientFrame.ts"
import { clientWordsOf, type ServerWords, serverWordsOf } from "./frames/words.ts"
import { Limits } from "./Limits.ts"
import { ServerFrames } from "./ServerFrame.ts"

const clientFrames = Object.entries(ClientFrames).map(([type, frame]) => ({ type, about: clientWordsOf(frame) }))
const serverFrames = Object.entries(ServerFrames).map(([type, frame]) => ({ type, about: serverWordsOf(frame) }))

const ref = (...path: ReadonlyArray<string>) => ({ $ref: `#/${path.join("/")}` })

/** The description of one kind of socket. */
interface Channel {
  readonly id: string
  readonly address: string
  readonly title: string
  readonly description: string
  readonly parameters?: Json
  /** The suffix of its operations' ids, which are unique in the document. */
  readonly suffix: string
  readonly nameOf: (type: string) => string
}

const channels: ReadonlyArray<Channel> = [
  {
    id: "allChats",
    address: "/ws",
    title: "All my chats",
    description: "One socket for all chats of the user; chats that they come into later join in by themselves.",
    suffix: "",
    nameOf: clientName,
  },
  {
    id: "oneChat",
    address: "/ws/{chat_id}",
    title: "One chat",
    description:
      "The same for one chat alone. `chat_id` may be left out, and `type` too on a frame that has `text`. " +
      "Closed with 4502 when the user is no longer a member or the chat is deleted.",
    parameters: { chat_id: { description: "The id of a chat of the user, in plain decimal.", examples: ["7"] } },
    suffix: "InChat",
    nameOf: inChatName,
  },
]

const handshake = {
  method: "GET",
  query: {
    type: "object",
    properties: {
      token: { type: "string", description: "An access token, where no header can be set." },
      resume: { type: "boolean", default: false, description: resume },
    },
  },
  headers: {
    type: "object",
    properties: {
      Authorization: { type: "string", pattern: "^[Bb]earer +\\S+$", description: "`Bearer`, then an access token." },
      Origin: { type: "string", description: "Needed with the cookie: the server's own, or one that it trusts." },
    },
  },
  bindingVersion: "0.1.0",
}

const correlationId = {
  location: "$message.payload#/ref",
  description: "The answer to a frame carries the `ref` of that frame.",
}

const makeMessage = (name: string, type: string, about: ServerWords, payloads: Json): Json => ({
  name: type,
  title: about.title,
  summary: about.summary,
  description: about.description,
  contentType: "application/json",
  tags: [{ name: about.tag }],
  ...(hasRef(payloads[name]) ? { correlationId: ref("components", "correlationIds", "ref") } : {}),
  payload: ref("components", "schemas", name),
  examples: about.examples,
})

const hasRef = (payload: unknown) => JSON.stringify(payload).includes('"ref":')

const makeMessages = (payloads: Json): Json => {
  const messages: Record<string, Json> = {}
  for (const { type, about } of clientFrames) {
    const name = clientName(type)
    messages[name] = makeMessage(name, type, about, payloads)
    if (about.inChat === undefined) continue
    const inChat = inChatName(type)
    const title = `${about.title} in this chat`
    messages[inChat] = { ...makeMessage(inChat, type, about, payloads), title, examples: [about.inChat.example] }
  }
  for (const { type, about } of serverFrames) {
    const name = serverName(type)
    messages[name] = makeMessage(name, type, about, payloads)
  }
  return messages
}

const makeChannel = ({ address, description, id: _, nameOf, parameters, title }: Channel): Json => {
  const names = [...clientFrames.map(({ type }) => nameOf(type)), ...serverFrames.map(({ type }) => serverName(type))]
  return {
    address,
    title,
    summary: description,
    ...(parameters === undefined ? {} : { parameters }),
    messages: Object.fromEntries(names.map((name) => [name, ref("components", "messages", name)])),
    bindings: { ws: handshake },
    "x-close-codes": closeCodes,
    "x-handshake-refusals": refusals,
  }
}

const makeOperations = ({ address, id, nameOf, suffix }: Channel): Json => {
  const message = (name: string) => ref("channels", id, "messages", name)
  const operations: Record<string, Json> = {}
  for (const { type, about } of clientFrames) {
    operations[`${about.operation}${suffix}`] = {
      action: "receive",
      channel: ref("channels", id),
      title: about.title,
      summary: about.summary,
      tags: [{ name: about.tag }],
      messages: [message(nameOf(type))],
      reply: {
        channel: ref("channels", id),
        messages: about.answers.map((answer) => message(serverName(answer))),
      },
    }
  }
  operations[`tell${suffix}`] = {
    action: "send",
    channel: ref("channels", id),
    title: "What the server sends",
    summary: `Every frame that a socket on \`${address}\` can receive: \`hello\`, events, and the answers to its own frames.`,
    messages: serverFrames.map(({ type }) => message(serverName(type))),
  }
  return operations
}

const securitySchemes = {
  bearer: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "The `access_token` of `POST /token` or `POST /login`. Counts alone where it is given.",
  },
  token: {
    type: "httpApiKey",
    in: "query",
    name: "token",
    description: "The same token in the address, for browsers of other origins. It is never logged.",
  },
  cookie: {
    type: "httpApiKey",
    in: "cookie",
    name: cookieNames.access,
    description: `Set by \`POST /login\`; by https as \`${secureCookieNames.access}\`. \`Origin\` must be the server's own, or one that it was set up to trust.`,
  },
}

const makeServer = (protocol: "ws" | "wss", title: string, basePath: string): Json => ({
  host: "{host}",
  ...(basePath === "" ? {} : { pathname: basePath }),
  protocol,
  title,
  variables: { host: { default: "localhost:8000", description: "Where this document comes from." } },
  security: Object.keys(securitySchemes).map((name) => ref("components", "securitySchemes", name)),
})

/** The whole document; built at each call. `basePath` as in the settings. */
export const makeAsyncApi = (basePath = ""): Json => {
  const schemas = makePayloads()
  return {
    asyncapi: "3.0.0",
    id: "urn:confab:socket",
    info: {
      title: "Confab's socket",
      version: Context.getOrUndefined(Api.annotations, OpenApi.Version) ?? "",
      description: guide,
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    defaultContentType: "application/json",
    servers: {
      plain: makeServer("ws", "This server", basePath),
      tls: makeServer("wss", "This server behind TLS", basePath),
    },
    channels: Object.fromEntries(channels.map((channel) => [channel.id, makeChannel(channel)])),
    operations: Object.assign({}, ...channels.map(makeOperations)),
    components: {
      schemas,
      messages: makeMessages(schemas),
      securitySchemes,
      correlationIds: { ref: correlationId },
    },
    "x-limits": {
      frame_bytes: Limits.frameBytes,
      bad_frames: Limits.badFrames,
      queue: Limits.queue,
      ping_seconds: Limits.heartbeat.pingSeconds,
      timeout_seconds: Limits.heartbeat.timeoutSeconds,
      typing_seconds: Limits.typingSeconds,
      resume_seconds: Limits.resumeSeconds,
      replayed_changes: Limits.replay,
    },
  }
}
