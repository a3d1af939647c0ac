import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { afterEach, describe, expect, it } from "vitest"
import { type WebSocket, WebSocketServer } from "ws"
import { Person } from "../support/person.ts"
import { RoamingDevice } from "./RoamingDevice.ts"

const me = 1
const chat_id = 7
const ends: Array<() => Promise<void>> = []

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const signedIn = (request: IncomingMessage, response: ServerResponse) => {
  request.resume()
  response.writeHead(request.url === "/users" ? 201 : 200, { "content-type": "application/json" })
  response.end(JSON.stringify({ id: me, access_token: "token", refresh_token: "token" }))
}

/** A server whose sockets the test controls. */
const serve = async (connected: (socket: WebSocket, wire: Duplex) => void): Promise<string> => {
  const http = createServer(signedIn)
  const sockets = new WebSocketServer({ server: http })
  sockets.on("connection", (socket, request) => connected(socket, request.socket))
  http.listen(0, "127.0.0.1")
  await once(http, "listening")
  ends.push(async () => {
    for (const socket of sockets.clients) socket.terminate()
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

const message = (version: number) => ({
  type: "message",
  ...{ id: 100 + version, chat_id, seq: version - 1, sender_id: 2, text: "text", version, dedup_key: null },
  ...{ created_at: "2026-01-01T00:00:00.000Z", edited_at: null, deleted: false, reply_to: null },
})

describe("a device of the fault run", () => {
  it("takes nothing of a chat that could not be replayed before it has synced it", async () => {
    let connections = 0
    const cursors: Array<number> = []
    const base = await serve((socket, wire) => {
      const send = (...frames: ReadonlyArray<object>) => {
        wire.cork()
        for (const frame of frames) socket.send(JSON.stringify(frame))
        wire.uncork()
      }
      const connection = ++connections
      send({ type: "hello", chats: [{ chat_id, version: connection === 1 ? 1 : 4, last_seq: 0 }] })
      socket.on("message", (data) => {
        const { ref, cursors: named } = JSON.parse(data.toString())
        cursors.push(named[chat_id])
        // What is sent at once is read at once, also after the device has ended the connection.
        if (connection === 1) send({ type: "synced", ref, cursors: {}, failed: [chat_id] }, message(4))
        else send(message(2), message(3), message(4), { type: "synced", ref, cursors: { [chat_id]: 4 } })
      })
    })
    const device = new RoamingDevice(await Person.signUp(base), "device", {
      load: async () => ({ version: 1, name: null, messages: [], members: [] }),
      loadState: async () => ({ version: 0, entries: [] }),
      server: "alone",
      who: "resident",
    })
    ends.push(() => device.stop())
    await device.start()
    expect(cursors).toEqual([1, 1])
    expect(device.history().violations).toEqual([])
    expect(device.history().chats[0]?.messages.map(({ seq }) => seq)).toEqual([1, 2, 3])
  })
})
