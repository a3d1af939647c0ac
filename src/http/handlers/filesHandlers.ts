// HTTP routes of files.
import { IncomingMessage } from "node:http"
import { toIncomingMessage } from "@effect/platform-node/NodeHttpServerRequest"
import { Effect } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Settings } from "../../config/Settings.ts"
import { Api } from "../../contract/Api.ts"
import { Viewer } from "../../contract/Authorization.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { fileOperations } from "../../contract/FilesApi.ts"
import { type FileId, unnamed } from "../../domain/File.ts"
import { implementFiles } from "../../edge/operations/files.ts"
import { ownOriginOf } from "../../edge/origin.ts"
import { Files } from "../../services/files/Files.ts"
import { exchangeOf } from "../Exchange.ts"
import { fileAnswer } from "../files/fileAnswer.ts"
import { lengthOf, withBody } from "../files/uploadBody.ts"
import { HttpEdge } from "../server/EdgeServer.ts"
import { json } from "./answer.ts"
import { serveOperations } from "./serveOperations.ts"

const incomingOf = (request: HttpServerRequest.HttpServerRequest): IncomingMessage => {
  const incoming = toIncomingMessage(request)
  if (incoming instanceof IncomingMessage) return incoming
  throw new Error("This server speaks HTTP/1.1 alone")
}

export const filesHandlers = HttpApiBuilder.group(
  Api,
  "files",
  Effect.fnUntraced(function* (handlers) {
    const { basePath } = yield* Settings
    const files = yield* Files
    const edge = yield* HttpEdge
    const open = (request: HttpServerRequest.HttpServerRequest, id: FileId, part: "file" | "thumb") =>
      Effect.gen(function* () {
        const { user_id } = yield* Viewer
        return yield* fileAnswer(request, yield* files.open(user_id, id, part))
      })
    return serveOperations(handlers, fileOperations, yield* implementFiles)
      .handleRaw("uploadFile", ({ query: { as, duration_ms, name = unnamed, waveform }, request }) =>
        Effect.gen(function* () {
          const { user_id: owner_id } = yield* CurrentUser
          const incoming = incomingOf(request)
          const size = yield* lengthOf(incoming)
          const about = { owner_id, name, as, duration_ms, waveform, size }
          const file = yield* withBody(edge, incoming, (chunks) => files.upload(about, chunks))
          return HttpServerResponse.setHeader(json(file, 201), "location", `${basePath}/files/${file.id}`)
        }),
      )
      .handleRaw("getFile", ({ params: { id }, request }) => open(request, id, "file"))
      .handleRaw("getThumb", ({ params: { id }, request }) => open(request, id, "thumb"))
      .handleRaw("createLink", ({ params: { id }, request }) =>
        Effect.gen(function* () {
          const { user_id } = yield* CurrentUser
          const { expires_at, path } = yield* files.link(user_id, id)
          const origin = ownOriginOf(request.headers, exchangeOf(request)) ?? ""
          return json({ url: `${origin}${basePath}${path}`, expires_at })
        }),
      )
  }),
)
