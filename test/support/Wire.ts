// A TCP wire to a server that tests can cut, and that can swallow what it is given.
import { once } from "node:events"
import { connect, createServer, type Server, type Socket } from "node:net"

export class Wire {
  /** That of the target, with the host and port of this end. */
  readonly url: string
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private target: URL
  private state: "whole" | "cut" | "silent" = "whole"

  private constructor(server: Server, url: string, target: URL) {
    this.server = server
    this.url = url
    this.target = target
  }

  static async to(target: string): Promise<Wire> {
    const server = createServer((near) => wire.accept(near))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const address = server.address()
    const url = new URL(target)
    url.hostname = "127.0.0.1"
    url.port = String(typeof address === "object" && address !== null ? address.port : 0)
    const wire: Wire = new Wire(server, url.href, new URL(target))
    return wire
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  private accept(near: Socket): void {
    near.on("error", () => {})
    if (this.state === "cut") return void near.destroy()
    const far = connect(Number(this.target.port || 6379), this.target.hostname)
    far.on("error", () => near.destroy())
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from)
      from.on("data", (chunk) => this.state === "whole" && to.write(chunk))
      from.on("close", () => {
        this.sockets.delete(from)
        to.destroy()
      })
    }
  }

  /** New connections go there; those that are there stay where they are. */
  leadTo(target: string): void {
    this.target = new URL(target)
  }

  /** Ends all connections and takes no new ones. */
  cut(): void {
    this.state = "cut"
    this.drop()
  }

  /** Connections stay open, and nothing is transferred any more. */
  silence(): void {
    this.state = "silent"
  }

  heal(): void {
    // What was swallowed is missing in the middle of what these carry.
    if (this.state === "silent") this.drop()
    this.state = "whole"
  }

  /** Nobody is there: who comes is refused, as by a machine on which nothing listens. */
  async unplug(): Promise<void> {
    this.drop()
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve))
  }

  async plug(): Promise<void> {
    if (this.server.listening) return
    await once(this.server.listen(this.port, "127.0.0.1"), "listening")
  }

  async close(): Promise<void> {
    this.cut()
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve))
  }

  private drop(): void {
    for (const socket of this.sockets) socket.destroy()
  }
}
