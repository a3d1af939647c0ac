// Tries an S3 store at start, with the rights that files need and no others: stores an object, reads a part of it, deletes it.
import { createHash, randomUUID } from "node:crypto"
import { Readable } from "node:stream"
import { Effect } from "effect"
import type { S3Place } from "../../config/s3Settings.ts"
import { BlobsUnusable } from "../BlobsUnusable.ts"
import { problemOf } from "./problemOf.ts"
import type { S3Client } from "./S3Client.ts"
import { failureOf, S3Failure } from "./S3Failure.ts"

/** Then the server starts without an answer. */
const patience = "10 seconds"

const probe = Buffer.from("Confab checks whether it can store files here.")
const body = {
  size: probe.length,
  sha256: createHash("sha256").update(probe).digest("hex"),
  open: () => Readable.from([probe]),
}

const tryOut = async (client: S3Client, signal: AbortSignal): Promise<void> => {
  const name = `confab-check-${randomUUID()}`
  await client.order({ method: "PUT", name, body }, signal)
  const part = await client.order({ method: "GET", name, range: { first: 0, last: 5 } }, signal)
  await client.order({ method: "DELETE", name }, signal)
  if (part.statusCode !== 206) throw new S3Failure("NoRanges", part.statusCode)
}

/** Fails where only the operator can help. A store that is away may come back, and the chat does not wait for it. */
export const checkS3 = Effect.fnUntraced(function* (client: S3Client, place: S3Place) {
  const failure = yield* Effect.tryPromise({ try: (signal) => tryOut(client, signal), catch: failureOf }).pipe(
    Effect.as(undefined),
    Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.succeed(new S3Failure("TimedOut")) }),
    Effect.catch(Effect.succeed),
  )
  if (failure === undefined) return
  const problem = problemOf(failure, place)
  if (problem !== undefined) {
    return yield* new BlobsUnusable({
      place: `The S3 store ${place.endpoint}`,
      problem,
      remedy: "Mend that, or set FILES=off",
    })
  }
  yield* Effect.annotateLogs(
    Effect.logError("The S3 store does not answer: until it does, files cannot be sent or read"),
    {
      endpoint: place.endpoint,
      code: failure.code,
    },
  )
})
