// Files: upload, download, links, lists.
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import {
  ChatNotFound,
  FileInUse,
  FileNotFound,
  FileRefused,
  FileTooLarge,
  LengthRequired,
  NotAPicture,
  NotFound,
  PreconditionFailed,
  QuotaExceeded,
  RangeNotSatisfiable,
  Unavailable,
  UnsupportedMediaType,
} from "../domain/errors.ts"
import {
  ChatFile,
  Duration,
  File,
  FileId,
  FileKind,
  FileName,
  shownTypes,
  UploadedAs,
  unknownType,
  Waveform,
} from "../domain/File.ts"
import { ChatId, Seq } from "../domain/Ids.ts"
import { Timestamp } from "../domain/Timestamp.ts"
import { Authorization, Viewing } from "./Authorization.ts"
import { described } from "./described.ts"
import { nothing, ok } from "./operations/Answer.ts"
import { endpointsOf } from "./operations/groups.ts"
import { operation } from "./operations/operation.ts"
import { limit, numberInPath, optional } from "./operations/parameters.ts"
import { decimal, Position } from "./Params.ts"

const UploadQuery = Schema.Struct({
  name: Schema.optional(FileName.annotate({ description: "`file` when absent." })),
  as: Schema.optional(UploadedAs.annotate({ description: "An image is a `photo` when absent." })),
  duration_ms: Schema.optional(decimal(Duration)),
  waveform: Schema.optional(Waveform),
})

export const OwnFiles = Schema.Struct({
  items: Schema.Array(File),
  next: Schema.NullOr(FileId).annotate({ description: "The value for `before`; null: there are no more." }),
  used_bytes: Schema.Int,
  quota_bytes: Schema.NullOr(Schema.Int).annotate({ description: "null: there is no quota." }),
}).annotate({ identifier: "OwnFiles" })

const ChatFiles = Schema.Struct({
  items: Schema.Array(ChatFile),
  has_more: Schema.Boolean,
}).annotate({ identifier: "ChatFiles" })

export const Link = Schema.Struct({ url: Schema.String, expires_at: Timestamp }).annotate({ identifier: "Link" })

const ofFile = { id: decimal(FileId) }

const bytes = Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array({ contentType: unknownType }))

/** The whole file, a part of it, or nothing because the client has it already. */
const stored = (...contentTypes: ReadonlyArray<string>) => [
  ...contentTypes.flatMap((contentType) => {
    const whole = Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array({ contentType }))
    return [
      whole.annotate({ description: "All of it" }),
      whole.pipe(HttpApiSchema.status(206)).annotate({ description: "The part of it that `Range` asks for" }),
    ]
  }),
  HttpApiSchema.Empty(304).annotate({ description: "The client has it already" }),
]

/** What a link has; see `createLink`. */
const linkFields = {
  by: Schema.optional(Schema.String),
  expires: Schema.optional(Schema.String),
  signature: Schema.optional(Schema.String),
}

const upload = HttpApiEndpoint.post("uploadFile", "/files", {
  query: UploadQuery.fields,
  payload: bytes,
  success: File.pipe(HttpApiSchema.status(201)),
  error: [
    NotFound,
    LengthRequired,
    UnsupportedMediaType,
    FileTooLarge,
    QuotaExceeded,
    NotAPicture,
    FileRefused,
    Unavailable,
  ],
})
  .annotateMerge(
    described(
      "Upload a file",
      "The body is the file itself, with `Content-Length`. A photo is stored upright, without its metadata (place, camera) and at most 2,560 pixels large; `as=file` " +
        "keeps every byte. `type` is what the bytes are, whatever was claimed. 201 means that the file is stored; it goes after a day unless a message, a draft or " +
        "an avatar has it.",
    ),
  )
  .middleware(Authorization)

const file = HttpApiEndpoint.get("getFile", "/files/:id", {
  params: ofFile,
  query: linkFields,
  success: stored(unknownType, ...shownTypes),
  error: [NotFound, FileNotFound, PreconditionFailed, RangeNotSatisfiable, Unavailable],
})
  .annotateMerge(
    described(
      "The bytes of a file",
      "For the user who uploaded it and the members of a chat in which a message has it; avatars for everyone; and by a link. With `Range`, `ETag`, `If-None-Match`, `If-Match` " +
        "and `If-Range` as RFC 9110 has them: 206, 304, 412, 416. What no browser should show is an attachment of the type `application/octet-stream`.",
    ),
  )
  .middleware(Viewing)

const thumb = HttpApiEndpoint.get("getThumb", "/files/:id/thumb", {
  params: ofFile,
  query: linkFields,
  success: stored("image/webp"),
  error: [NotFound, FileNotFound, PreconditionFailed, RangeNotSatisfiable, Unavailable],
})
  .annotateMerge(described("The thumb of a photo", "WebP, at most 320 pixels large. Other files have none: 404."))
  .middleware(Viewing)

const createLink = HttpApiEndpoint.post("createLink", "/files/:id/link", {
  params: ofFile,
  success: Link,
  error: [NotFound, FileNotFound, Unavailable],
})
  .annotateMerge(
    described(
      "Link a file",
      "`url` opens the file without a token, for an hour, as long as I may see the file myself. So does its thumb, with the same parameters.",
    ),
  )
  .middleware(Authorization)

export const fileOperations = {
  listFiles: operation("listFiles", {
    http: ["GET", "/me/files"],
    rpc: null,
    query: { limit, before: optional(decimal(FileId), FileId) },
    answer: ok(OwnFiles),
    errors: [NotFound],
    summary: "My files",
    description: "Newest first, and how much space they take.",
  }),
  deleteFile: operation("deleteFile", {
    http: ["DELETE", "/files/:id"],
    rpc: null,
    path: { id: numberInPath("file_id", FileId) },
    answer: nothing,
    errors: [NotFound, FileNotFound, FileInUse],
    summary: "Delete a file",
    description: "One of mine that is in no message and is no avatar. Its space is free at once.",
  }),
  listChatFiles: operation("listChatFiles", {
    http: ["GET", "/chats/:id/files"],
    rpc: null,
    path: { id: numberInPath("chat_id", ChatId) },
    query: { kind: optional(FileKind, FileKind), limit, before: optional(Position, Seq) },
    answer: ok(ChatFiles),
    errors: [NotFound, ChatNotFound],
    summary: "The files of a chat",
    description:
      "Newest first; `before` is a `seq`. The files of one message stay together: the last one of a page may bring up to nine more.",
  }),
}

export class FilesApi extends HttpApiGroup.make("files")
  .add(upload, file, thumb, createLink, ...endpointsOf(fileOperations))
  .annotateMerge(
    OpenApi.annotations({
      title: "Files",
      description: "Photos, voice, documents. A server without files answers each of these with 404.",
    }),
  ) {}
