// Answers that are JSON already, or are plain values of the wire's own shape: nothing is left for a schema to encode.
import { HttpServerResponse } from "effect/http"

const contentType = "application/json"

/** JSON text as the database built it. */
export const jsonText = (text: string) => HttpServerResponse.text(text, { contentType })

export const json = (value: object, status = 200) =>
  HttpServerResponse.text(JSON.stringify(value), { status, contentType })

/** For answers with tokens. */
export const notStored = HttpServerResponse.setHeader("cache-control", "no-store")
