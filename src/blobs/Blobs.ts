// The service, with its implementations. shape.ts defines what it does.
import { Context, Effect, Layer } from "effect"
import { Settings } from "../config/Settings.ts"
import { Unavailable } from "../domain/errors.ts"
import type { BlobsUnusable } from "./BlobsUnusable.ts"
import { makeDirectoryBlobs } from "./directory.ts"
import { makeS3Blobs } from "./s3/s3.ts"
import type { BlobsShape } from "./shape.ts"

export * from "./shape.ts"

const off: BlobsShape = {
  isOn: false,
  spool: () => Effect.fail(new Unavailable()),
  draft: Effect.fail(new Unavailable()),
  put: () => Effect.fail(new Unavailable()),
  open: () => Effect.succeed(undefined),
  sizeOf: () => Effect.succeed(undefined),
  remove: () => Effect.fail(new Unavailable()),
}

const inCluster =
  "Files are off: several nodes need a place that all of them share. Set S3_ENDPOINT, or FILES_DIR to such a directory"

/** Nobody asked for files in a directory that cannot be used: the server starts without. */
const orOff = ({ message }: BlobsUnusable) => Effect.as(Effect.logWarning(`Files are off. ${message}`), off)

export class Blobs extends Context.Service<Blobs, BlobsShape>()("confab/blobs/Blobs") {
  static readonly layerOff = Layer.succeed(Blobs, off)

  static readonly layer: Layer.Layer<Blobs, BlobsUnusable, Settings> = Layer.effect(
    Blobs,
    Effect.gen(function* () {
      const { databaseUrl, files } = yield* Settings
      if (files._tag === "Off") {
        if (files.reason === "cluster") yield* Effect.logWarning(inCluster)
        return off
      }
      if (files._tag === "S3") return yield* makeS3Blobs(files)
      const blobs = makeDirectoryBlobs(files.directory)
      return yield* files.isChosen || databaseUrl === undefined ? blobs : Effect.catch(blobs, orOff)
    }),
  )
}
