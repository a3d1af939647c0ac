// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeUsers as makeMemoryUsers } from "./memory.ts"
import { makeUsers } from "./postgres.ts"
import type { UserStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class UserStore extends Context.Service<UserStore, UserStoreShape>()("confab/sql/users/UserStore") {
  static readonly layer = Layer.effect(UserStore, makeUsers)
  static readonly layerMemory = Layer.effect(UserStore, makeMemoryUsers)
}
