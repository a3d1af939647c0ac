// Answers that are JSON text already, or plain values in the wire's shape: no schema needs to encode them.
import { Effect, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import type { Unavailable } from "../../domain/errors.ts"

const contentType = "application/json"

/** JSON text that the database built. */
export const jsonText = (text: string) => HttpServerResponse.text(text, { contentType })

export const json = (value: object, status = 200) =>
  HttpServerResponse.text(JSON.stringify(value), { status, contentType })

/** For answers with tokens. */
export const notStored = HttpServerResponse.setHeader("cache-control", "no-store")

/**
 * A file in pieces. If the database fails in the middle, the connection is cut: an answer that has begun cannot report
 * its failure, and must not look complete.
 */
const fileStream = (pieces: Stream.Stream<Uint8Array, Unavailable>, contentType: string, name: string) =>
  HttpServerResponse.stream(
    Stream.catch(pieces, () =>
      Stream.fromEffect(
        Effect.andThen(Effect.logWarning("An answer broke off: the database is away"), Effect.interrupt),
      ),
    ),
    { contentType, headers: { "content-disposition": `attachment; filename="${name}"` } },
  ).pipe(notStored)

export const jsonStream = (pieces: Stream.Stream<string, Unavailable>, name: string) =>
  fileStream(Stream.encodeText(pieces), contentType, name)

export const tarStream = (pieces: Stream.Stream<Uint8Array, Unavailable>, name: string) =>
  fileStream(pieces, "application/x-tar", name)
