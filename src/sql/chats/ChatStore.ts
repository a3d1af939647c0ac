// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeChats as makeMemoryChats } from "./memory.ts"
import { makeChats } from "./postgres.ts"
import type { ChatStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class ChatStore extends Context.Service<ChatStore, ChatStoreShape>()("confab/sql/chats/ChatStore") {
  static readonly layer = Layer.effect(ChatStore, makeChats)
  static readonly layerMemory = Layer.effect(ChatStore, makeMemoryChats)
}
