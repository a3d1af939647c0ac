// Answers that are JSON already, or are plain values of the wire's own shape: nothing is left for a schema to encode.
import { Effect, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import type { Unavailable } from "../../domain/errors.ts"

const contentType = "application/json"

/** JSON text as the database built it. */
export const jsonText = (text: string) => HttpServerResponse.text(text, { contentType })

export const json = (value: object, status = 200) =>
  HttpServerResponse.text(JSON.stringify(value), { status, contentType })

/** For answers with tokens. */
export const notStored = HttpServerResponse.setHeader("cache-control", "no-store")

/**
 * JSON in pieces, as a file to be kept. When the database goes away in the middle, the connection is cut: an answer that has begun
 * cannot say that it failed, and must not look whole.
 */
export const jsonStream = (pieces: Stream.Stream<string, Unavailable>, name: string) =>
  HttpServerResponse.stream(
    pieces.pipe(
      Stream.catch(() =>
        Stream.fromEffect(
          Effect.andThen(Effect.logWarning("An answer broke off: the database is away"), Effect.interrupt),
        ),
      ),
      Stream.encodeText,
    ),
    { contentType, headers: { "content-disposition": `attachment; filename="${name}"` } },
  ).pipe(notStored)
