// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeSessions as makeMemorySessions } from "./memory.ts"
import { makeSessions } from "./postgres.ts"
import type { SessionStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class SessionStore extends Context.Service<SessionStore, SessionStoreShape>()(
  "confab/sql/sessions/SessionStore",
) {
  static readonly layer = Layer.effect(SessionStore, makeSessions)
  static readonly layerMemory = Layer.effect(SessionStore, makeMemorySessions)
}
