// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeMessages as makeMemoryMessages } from "./memory.ts"
import { makeMessages } from "./postgres.ts"
import type { MessageStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class MessageStore extends Context.Service<MessageStore, MessageStoreShape>()(
  "confab/sql/messages/MessageStore",
) {
  static readonly layer = Layer.effect(MessageStore, makeMessages)
  static readonly layerMemory = Layer.effect(MessageStore, makeMemoryMessages)
}
