// A load balancer without sticky sessions: every connection goes to a random node in service, so a client that
// reconnects roams. A node that refuses is skipped.
import { once } from "node:events"
import { connect, createServer, type Server, type Socket } from "node:net"
import type { Random } from "./Random.ts"

export class Balancer {
  readonly url: string
  readonly #server: Server
  readonly #sockets: Set<Socket>

  private constructor(server: Server, sockets: Set<Socket>, url: string) {
    this.#server = server
    this.#sockets = sockets
    this.url = url
  }

  /** `ports`: those of the nodes in service, at each connection. */
  static async start(ports: () => ReadonlyArray<number>, random: Random): Promise<Balancer> {
    const sockets = new Set<Socket>()
    const keep = (socket: Socket) => {
      sockets.add(socket)
      socket.once("close", () => sockets.delete(socket))
    }
    const join = async (near: Socket) => {
      for (const port of random.shuffle(ports())) {
        const far = connect(port, "127.0.0.1")
        keep(far)
        const isThere = await once(far, "connect").then(
          () => true,
          () => false,
        )
        if (!isThere) continue
        far.on("error", () => {})
        near.once("close", () => far.destroy())
        far.once("close", () => near.destroy())
        if (near.destroyed) far.destroy()
        near.pipe(far)
        far.pipe(near)
        return
      }
      near.destroy()
    }
    const server = createServer((near) => {
      keep(near)
      near.on("error", () => {})
      void join(near)
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    if (typeof address !== "object" || address === null) throw new Error("The balancer has no port")
    return new Balancer(server, sockets, `http://127.0.0.1:${address.port}`)
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
