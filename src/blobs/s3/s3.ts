// Bytes in a bucket of an S3 store, each object named by the blob's UUID. Uploads are written to this machine's disk first.
import { createReadStream } from "node:fs"
import type { IncomingMessage } from "node:http"
import { join } from "node:path"
import { Effect } from "effect"
import type { S3Place } from "../../config/s3Settings.ts"
import { attempt, report } from "../attempt.ts"
import { BlobsUnusable } from "../BlobsUnusable.ts"
import type { BlobsShape, ByteRange } from "../shape.ts"
import { makeSpool } from "../spool.ts"
import { checkS3 } from "./check.ts"
import { problemOf } from "./problemOf.ts"
import { resumed } from "./resumed.ts"
import { S3Client, type S3Times, usualTimes } from "./S3Client.ts"
import { S3Failure } from "./S3Failure.ts"

const isNoObject = (error: unknown): boolean => error instanceof S3Failure && error.code === "NoSuchKey"

/** The answer's range of the object: `bytes 0-4/13`. */
const rangeOf = (response: IncomingMessage): ByteRange => {
  if (response.statusCode === 206) {
    const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(response.headers["content-range"] ?? "") ?? []
    return { first: Number(first), last: Number(last) }
  }
  return { first: 0, last: Number(response.headers["content-length"] ?? Number.NaN) - 1 }
}

/** Of the whole object, bytes; NaN: the answer does not have it. */
const totalOf = ({ headers, statusCode }: IncomingMessage): number =>
  Number(statusCode === 206 ? headers["content-range"]?.split("/")[1] : headers["content-length"])

export const makeS3Blobs = Effect.fnUntraced(function* (place: S3Place, times: S3Times = usualTimes) {
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => new S3Client(place, times)),
    (made) => Effect.sync(() => made.close()),
  )
  const directory = join(place.spool, "tmp")
  const spool = yield* makeSpool(directory).pipe(
    Effect.mapError(
      () =>
        new BlobsUnusable({
          place: `The directory ${directory}, where uploads wait for the S3 store,`,
          problem: "it cannot be made",
          remedy: "Set DATA_DIR to a directory that can be written, or FILES=off",
        }),
    ),
  )
  yield* checkS3(client, place)
  yield* Effect.annotateLogs(Effect.logInfo("Files are kept in an S3 store"), {
    endpoint: place.endpoint,
    bucket: place.bucket,
  })
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const failed = (failure: S3Failure) => {
    runFork(report("A file could not be read to its end", failure, problemOf(failure, place)))
  }
  const tried = <A>(failure: string, run: (signal: AbortSignal) => Promise<A>) =>
    attempt(failure, run, (error) => (error instanceof S3Failure ? problemOf(error, place) : undefined))

  const open = async (name: string, wanted: ByteRange | undefined, signal: AbortSignal) => {
    try {
      const response = await client.send({ method: "GET", name, range: wanted }, signal)
      const range = rangeOf(response)
      const isWanted = wanted === undefined || (range.first === wanted.first && range.last === wanted.last)
      if (isWanted && Number.isSafeInteger(range.last)) return resumed({ client, name, range, response, failed })
      response.destroy()
      throw new S3Failure(wanted === undefined ? "NoLength" : "NoRanges", response.statusCode)
    } catch (error) {
      if (isNoObject(error)) return undefined
      throw error
    }
  }

  const sizeOf = async (name: string, signal: AbortSignal): Promise<number | undefined> => {
    try {
      const { headers } = await client.order({ method: "HEAD", name }, signal)
      return Number(headers["content-length"])
    } catch (error) {
      if (!(error instanceof S3Failure) || error.status !== 404) throw error
    }
    // An answer to HEAD has no body that names what is missing, the object or the bucket. It may have been stored since.
    try {
      const response = await client.send({ method: "GET", name, range: { first: 0, last: 0 } }, signal)
      response.destroy()
      const size = totalOf(response)
      if (Number.isSafeInteger(size)) return size
      throw new S3Failure("NoLength", response.statusCode)
    } catch (error) {
      if (isNoObject(error)) return undefined
      throw error
    }
  }

  const blobs: BlobsShape = {
    ...spool,
    isOn: true,
    put: (id, { path, sha256, size }) =>
      tried("A file could not be stored", async (signal) => {
        await client.order(
          { method: "PUT", name: id, body: { size, sha256, open: () => createReadStream(path) } },
          signal,
        )
      }),
    open: (id, range) => tried("A file could not be read", (signal) => open(id, range, signal)),
    sizeOf: (id) => tried("A file could not be read", (signal) => sizeOf(id, signal)),
    remove: (id) =>
      tried("A file could not be deleted", async (signal) => {
        await client.order({ method: "DELETE", name: id }, signal).catch((error) => {
          if (!isNoObject(error)) throw error
        })
      }),
  }
  return blobs
})
