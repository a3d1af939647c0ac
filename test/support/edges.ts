// All edges of one node on one port, HTTP, `/ws` and `/rpc`, over in-memory tables and the test's own clock.
import { once } from "node:events"
import { Effect, Layer } from "effect"
import { WebSocket } from "ws"
import { Presence } from "../../src/broadcast/Presence.ts"
import type { Settings } from "../../src/config/Settings.ts"
import { refusals } from "../../src/http/problems/refusals.ts"
import { HttpEdge } from "../../src/http/server/EdgeServer.ts"
import { httpLayer, serverLayer } from "../../src/http/server/Server.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { RpcEdge } from "../../src/sockets/rpc/RpcEdge.ts"
import { Upgrade } from "../../src/sockets/Upgrade.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { SchemaHistory } from "../../src/sql/database/SchemaHistory.ts"
import { services } from "./http.ts"

const sockets = Layer.effectDiscard(
  Effect.gen(function* () {
    const { handle } = yield* Upgrade
    const edge = yield* HttpEdge
    const opening = yield* refusals
    edge.takeOverSockets((request, socket, head) => handle(request, socket, head, opening(request, socket)))
  }),
).pipe(
  Layer.provide(Upgrade.layer),
  Layer.provide(RpcEdge.layer),
  Layer.provideMerge(Hub.layer),
  Layer.provideMerge(HttpEdge.layer),
)

/** `history`: when the database had its migrations. */
export const layer = (
  settings: Partial<Settings["Service"]> = {},
  history: Layer.Layer<SchemaHistory> = SchemaHistory.layerMemory,
) =>
  httpLayer.pipe(
    Layer.provideMerge(serverLayer),
    Layer.provideMerge(sockets),
    Layer.provide(history),
    Layer.provideMerge(Layer.mergeAll(Changes.layerMemory, Presence.layer)),
    Layer.provideMerge(services(settings)),
  )

/** A server's frames on a WebSocket, as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: what a test looks at is for the test to know
type Said = any

/** Opens a WebSocket, sends a frame, and returns the first frame for which `isIt` holds; or the status of a refused upgrade. */
export const converse = (port: number, path: string, token: string, say: object, isIt: (said: Said) => boolean) =>
  Effect.promise(async (): Promise<Said> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } })
    try {
      const said = new Promise<Said>((resolve) => {
        socket.on("message", (data) => {
          const frame: Said = JSON.parse(String(data))
          if (isIt(frame)) resolve(frame)
        })
      })
      await once(socket, "open")
      socket.send(JSON.stringify(say))
      return await said
    } finally {
      socket.terminate()
    }
  })
