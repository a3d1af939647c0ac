// Opens a socket.
import { once } from "node:events"
import { WebSocket } from "ws"
import type { Server } from "../Server.ts"

export const connect = async (node: Server, token: string): Promise<WebSocket> => {
  const socket = new WebSocket(`ws://127.0.0.1:${node.port}/ws?token=${token}`)
  socket.on("error", () => {})
  await once(socket, "open", { signal: AbortSignal.timeout(20_000) })
  return socket
}
