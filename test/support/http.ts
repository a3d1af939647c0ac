// A real HTTP server on a free port, over in-memory tables, and a plain HTTP client for it.
import { type IncomingHttpHeaders, request as nodeRequest, type OutgoingHttpHeaders } from "node:http"
import { NodeCrypto } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import { GroupCommit } from "../../src/actors/GroupCommit.ts"
import { Blobs } from "../../src/blobs/Blobs.ts"
import { Broadcast } from "../../src/broadcast/Broadcast.ts"
import { Settings } from "../../src/config/Settings.ts"
import { Readiness } from "../../src/http/Readiness.ts"
import { HttpEdge } from "../../src/http/server/EdgeServer.ts"
import { httpLayer, serverLayer } from "../../src/http/server/Server.ts"
import { Pictures } from "../../src/pictures/Pictures.ts"
import { Scanner } from "../../src/scanner/Scanner.ts"
import { AccountDeletions } from "../../src/services/AccountDeletions.ts"
import { Accounts } from "../../src/services/Accounts.ts"
import { Audit } from "../../src/services/Audit.ts"
import { Auth } from "../../src/services/auth/Auth.ts"
import { Revocations } from "../../src/services/auth/Revocations.ts"
import { TokenKeys } from "../../src/services/auth/TokenKeys.ts"
import { Tokens } from "../../src/services/auth/Tokens.ts"
import { TrustedIssuer } from "../../src/services/auth/TrustedIssuer.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Directory } from "../../src/services/Directory.ts"
import { Exports } from "../../src/services/Exports.ts"
import { Files } from "../../src/services/files/Files.ts"
import { RateLimits } from "../../src/services/limits/RateLimits.ts"
import { Messages } from "../../src/services/Messages.ts"
import { OwnState } from "../../src/services/OwnState.ts"
import { Passwords } from "../../src/services/passwords/Passwords.ts"
import { Records } from "../../src/services/Records.ts"
import { ScheduledMessages } from "../../src/services/ScheduledMessages.ts"
import { UnreadChats } from "../../src/services/UnreadChats.ts"
import { AuditLog } from "../../src/sql/audit/AuditLog.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { DatabaseClock } from "../../src/sql/database/DatabaseClock.ts"
import { SchemaHistory } from "../../src/sql/database/SchemaHistory.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { DirectoryStore } from "../../src/sql/directory/DirectoryStore.ts"
import { ExportStore } from "../../src/sql/exports/ExportStore.ts"
import { FileStore } from "../../src/sql/files/FileStore.ts"
import { IdentityStore } from "../../src/sql/identities/IdentityStore.ts"
import { InviteStore } from "../../src/sql/invites/InviteStore.ts"
import { JobAlarm } from "../../src/sql/jobs/JobAlarm.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { RecordStore } from "../../src/sql/records/RecordStore.ts"
import { ScheduledStore } from "../../src/sql/scheduled/ScheduledStore.ts"
import { SessionStore } from "../../src/sql/sessions/SessionStore.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"

/** Everything below HTTP. */
export const services = (settings: Partial<Settings["Service"]> = {}) =>
  Layer.mergeAll(AccountDeletions.layer, Exports.layer).pipe(
    Layer.provideMerge(
      Layer.mergeAll(Accounts.layer, Auth.layer, Messages.layer, Records.layer, UnreadChats.layer, Files.layer),
    ),
    Layer.provideMerge(Layer.mergeAll(Revocations.layer, TrustedIssuer.layer, Chats.layer)),
    Layer.provideMerge(OwnState.layer),
    Layer.provideMerge(Directory.layer),
    Layer.provideMerge(ScheduledMessages.layer.pipe(Layer.provide([JobAlarm.layer, DatabaseClock.layerLocal]))),
    Layer.provideMerge(ChatActors.layerLocal.pipe(Layer.provide(GroupCommit.layer))),
    Layer.provideMerge(
      Layer.mergeAll(
        Audit.layer,
        Passwords.layerTest,
        RateLimits.layer,
        Tokens.layer,
        Broadcast.layer,
        Readiness.layerMemory,
        Blobs.layer,
        Pictures.layer,
        Scanner.layer,
      ),
    ),
    Layer.provideMerge(
      Layer.mergeAll(
        UserStore.layerMemory,
        SchemaHistory.layerMemory,
        SessionStore.layerMemory,
        IdentityStore.layerMemory,
        InviteStore.layerMemory,
        ChatStore.layerMemory,
        MessageStore.layerMemory,
        RecordStore.layerMemory,
        StateStore.layerMemory,
        FileStore.layerMemory,
        ScheduledStore.layerMemory,
        Journal.layerMemory,
        AuditLog.layerMemory,
        DeletionStore.layerMemory,
        DirectoryStore.layerMemory,
        ExportStore.layerMemory,
        TokenKeys.layer,
      ),
    ),
    Layer.provideMerge(
      Layer.mergeAll(
        Tables.layer,
        Settings.layerTest({ host: "127.0.0.1", ...settings }),
        NodeCrypto.layerSecureRandom,
      ),
    ),
  )

/** The HTTP side over the given services. */
export const edge = httpLayer.pipe(Layer.provideMerge(serverLayer), Layer.provideMerge(HttpEdge.layer))

export const layer = (settings: Partial<Settings["Service"]> = {}) => edge.pipe(Layer.provideMerge(services(settings)))

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks at is for the test to know
  readonly body: any
}

export interface Request {
  readonly token?: string
  readonly headers?: OutgoingHttpHeaders
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as a form. */
  readonly form?: Record<string, string>
  /** Sent as it is; give the content type yourself. */
  readonly raw?: string | Uint8Array
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const exchange = (port: number, method: string, path: string, options: Request): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const [body, type] =
      options.json !== undefined
        ? [JSON.stringify(options.json), "application/json"]
        : options.form !== undefined
          ? [new URLSearchParams(options.form).toString(), "application/x-www-form-urlencoded"]
          : [options.raw, undefined]
    const request = nodeRequest(
      {
        port,
        host: "127.0.0.1",
        method,
        path,
        agent: false,
        headers: {
          ...(type === undefined ? {} : { "content-type": type }),
          ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
          ...options.headers,
        },
      },
      (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk) => chunks.push(chunk))
        response.on("error", reject)
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) })
        })
      },
    )
    request.on("error", reject)
    request.end(body)
  })

export const port = Effect.map(HttpServer.HttpServer, ({ address }) => ("port" in address ? address.port : 0))

export const sendTo = (port: number, method: string, path: string, options: Request = {}) =>
  Effect.promise(() => exchange(port, method, path, options))

export const send = (method: string, path: string, options: Request = {}) =>
  Effect.flatMap(port, (port) => sendTo(port, method, path, options))

let people = 0

/** Somebody new, signed up and with a token. */
export const somebody = Effect.gen(function* () {
  const username = `person${++people}`
  const password = "correct horse"
  const me = yield* send("POST", "/users", { json: { username, email: `${username}@example.org`, password } })
  const { body } = yield* send("POST", "/token", { form: { username, password } })
  return {
    id: me.body.id as number,
    username,
    password,
    token: body.access_token as string,
    refresh_token: body.refresh_token as string,
    /** Sends with this user's token. */
    send: (method: string, path: string, options: Request = {}) =>
      send(method, path, { token: body.access_token, ...options }),
  }
})

/** `name=value` of the cookies that an answer sets. */
export const cookiesOf = (answer: Answer): Record<string, string> =>
  Object.fromEntries(
    (answer.headers["set-cookie"] ?? []).map((line) => {
      const [pair = ""] = line.split(";")
      const at = pair.indexOf("=")
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
