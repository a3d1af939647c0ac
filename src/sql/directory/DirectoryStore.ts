// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeDirectory as makeMemoryDirectory } from "./memory.ts"
import { makeDirectory } from "./postgres.ts"
import type { DirectoryStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class DirectoryStore extends Context.Service<DirectoryStore, DirectoryStoreShape>()(
  "confab/sql/directory/DirectoryStore",
) {
  static readonly layer = Layer.effect(DirectoryStore, makeDirectory)
  static readonly layerMemory = Layer.effect(DirectoryStore, makeMemoryDirectory)
}
