// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeMemoryFiles } from "./memory.ts"
import { makeFiles } from "./postgres.ts"
import type { FileStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class FileStore extends Context.Service<FileStore, FileStoreShape>()("confab/sql/files/FileStore") {
  static readonly layer = Layer.effect(FileStore, makeFiles)
  static readonly layerMemory = Layer.effect(FileStore, makeMemoryFiles)
}
