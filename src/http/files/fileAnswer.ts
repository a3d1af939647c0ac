// The answer with a file's bytes, or a part of them.
import { Effect } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { ByteRange } from "../../blobs/Blobs.ts"
import { PreconditionFailed, RangeNotSatisfiable } from "../../domain/errors.ts"
import { unknownType } from "../../domain/File.ts"
import type { OpenedFile } from "../../services/files/Files.ts"
import { isShown } from "../../services/files/mediaType.ts"
import { problemOrDie } from "../problems/problem.ts"
import { wanted } from "./conditions.ts"

const attribute = /[^A-Za-z0-9!#$&+.^_`|~-]/g

/** RFC 8187 */
const encoded = (name: string): string =>
  encodeURIComponent(name).replace(attribute, (sign) =>
    sign === "%" ? sign : `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  )

/** RFC 6266: with a name in ASCII for old clients where the name itself is none. */
export const disposition = (type: "inline" | "attachment", name: string): string => {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, "_")
  const plain = `${type}; filename="${ascii}"`
  return ascii === name ? plain : `${plain}; filename*=UTF-8''${encoded(name)}`
}

/** A document that a browser shows runs no scripts and has an origin of its own. */
const shownPolicy =
  "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
/** Browsers show PDF by a program of their own, which a sandbox forbids. */
const pdfPolicy =
  "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const headersOf = ({ name, type }: OpenedFile, tag: string) => ({
  etag: tag,
  "accept-ranges": "bytes",
  "cache-control": "private, max-age=31536000, immutable",
  "content-disposition": disposition(isShown(type) ? "inline" : "attachment", name),
  "content-security-policy": type === "application/pdf" ? pdfPolicy : shownPolicy,
})

/** Closed in every case with the request, also if it is never read. */
const opened = (file: OpenedFile, range?: ByteRange) =>
  Effect.acquireRelease(file.open(range), (stream) => Effect.sync(() => stream.destroy()))

export const fileAnswer = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest, file: OpenedFile) {
  const tag = `"${file.tag}"`
  const headers = headersOf(file, tag)
  const contentType = isShown(file.type) ? file.type : unknownType
  const part = wanted(request.method, request.headers, { size: file.size, tag })
  switch (part._tag) {
    case "NotModified":
      return HttpServerResponse.empty({ status: 304, headers })
    case "PreconditionFailed":
      return yield* problemOrDie(new PreconditionFailed())
    case "Unsatisfiable":
      return HttpServerResponse.setHeader(
        yield* problemOrDie(new RangeNotSatisfiable()),
        "content-range",
        `bytes */${file.size}`,
      )
    case "Whole":
      return HttpServerResponse.raw(yield* opened(file), { contentType, contentLength: file.size, headers })
    case "Part": {
      const { first, last } = part.range
      return HttpServerResponse.raw(yield* opened(file, part.range), {
        status: 206,
        contentType,
        contentLength: last - first + 1,
        headers: { ...headers, "content-range": `bytes ${first}-${last}/${file.size}` },
      })
    }
  }
  return part satisfies never
})
