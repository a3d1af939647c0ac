// Bodies of requests are taken as they are, never decompressed: what a small one becomes has no bound (RFC 9110, section 15.5.16).
import { Effect } from "effect"
import { UnsupportedMediaType } from "../domain/errors.ts"

/** `use`, if the header `Content-Encoding` names no encoding of the body. */
export const unlessEncoded = <A, E, R>(
  header: string | undefined,
  use: Effect.Effect<A, E, R>,
): Effect.Effect<A, E | UnsupportedMediaType, R> =>
  header === undefined || /^(?:identity)?$/i.test(header.trim())
    ? use
    : Effect.fail(new UnsupportedMediaType({ detail: "Send the body as it is, without a Content-Encoding." }))
