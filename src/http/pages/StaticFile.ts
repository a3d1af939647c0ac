// A file that is served from memory: its type, its ETag, its gzipped form. Does not read files.
import { createHash } from "node:crypto"
import { extname } from "node:path"
import { gzipSync } from "node:zlib"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { acceptsGzip } from "../gzip.ts"

const types: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
}

const isCompressible = (type: string) => /^(?:text\/|application\/(?:json|manifest)|image\/svg)/.test(type)

export interface FileOptions {
  /** The name contains a hash of the content: clients may cache it forever. */
  readonly immutable?: boolean
  readonly headers?: Record<string, string>
}

export class StaticFile {
  readonly #bytes: Uint8Array
  readonly #type: string
  readonly #headers: Record<string, string>
  #zipped: Uint8Array | undefined

  constructor(name: string, content: Uint8Array | string, options: FileOptions = {}) {
    this.#bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
    this.#type = types[extname(name)] ?? "application/octet-stream"
    this.#headers = {
      etag: `"${createHash("sha256").update(this.#bytes).digest("base64url").slice(0, 22)}"`,
      "cache-control": options.immutable ? "public, max-age=31536000, immutable" : "no-cache",
      vary: "Accept-Encoding",
      ...options.headers,
    }
  }

  /** Answers with a `status` other than 200 never use the client's cache. */
  respond(request: HttpServerRequest.HttpServerRequest, status = 200): HttpServerResponse.HttpServerResponse {
    const headers = this.#headers
    if (status === 200 && request.headers["if-none-match"]?.includes(headers.etag ?? "") === true) {
      return HttpServerResponse.empty({ status: 304, headers })
    }
    const contentType = this.#type
    const zip =
      this.#bytes.length > 1024 && isCompressible(contentType) && acceptsGzip(request.headers["accept-encoding"])
    if (!zip) return HttpServerResponse.uint8Array(this.#bytes, { status, contentType, headers })
    this.#zipped ??= gzipSync(this.#bytes, { level: 9 })
    return HttpServerResponse.uint8Array(this.#zipped, {
      status,
      contentType,
      headers: { ...headers, "content-encoding": "gzip" },
    })
  }
}
