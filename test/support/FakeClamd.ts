// A scanner that speaks clamd's protocol: it reads INSTREAM as it is specified and answers as tests tell it to.
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { createServer, type Server, type Socket } from "node:net"

/** The test file that every scanner knows, split so that no scanner takes these sources for it. */
export const eicar = `X5O!P%@AP[4\\PZX54(P^)7CC)7}$${"EICAR-STANDARD"}-ANTIVIRUS-TEST-FILE!$H+H*`

/** `mute` never answers; `hasty` says that all is well before it has seen the end. */
type Manner = "usual" | "mute" | "hasty" | "strange" | "cut"

export class FakeClamd {
  manner: Manner = "usual"
  /** Bytes; larger streams are not read to their end. */
  streamMaxLength = 1_000_000
  /** No stream is read until then. */
  ready: Promise<void> = Promise.resolve()
  /** What was given to scan, to its end. */
  readonly seen: Array<Buffer> = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<FakeClamd> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      clamd.#sockets.add(socket)
      socket.on("error", () => undefined)
      socket.once("close", () => clamd.#sockets.delete(socket))
      clamd.#talk(socket).catch(() => socket.destroy())
    })
    const clamd: FakeClamd = new FakeClamd(server)
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    return clamd
  }

  get address() {
    return { host: "127.0.0.1", port: (this.#server.address() as AddressInfo).port }
  }

  /** Open ones. */
  get connections(): number {
    return this.#sockets.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close")
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async #talk(socket: Socket): Promise<void> {
    let received = Buffer.alloc(0)
    const chunks = socket[Symbol.asyncIterator]()
    const take = async (count: number): Promise<Buffer> => {
      while (received.length < count) {
        const next = await chunks.next()
        if (next.done === true) throw new Error("The client went away")
        received = Buffer.concat([received, next.value])
      }
      const taken = received.subarray(0, count)
      received = received.subarray(count)
      return taken
    }
    const answer = (text: string) => socket.end(`${text}\0`)
    if ((await take(10)).toString() !== "zINSTREAM\0") return void answer("UNKNOWN COMMAND")
    if (this.manner === "hasty") return void answer("stream: OK")
    await this.ready
    const parts: Array<Buffer> = []
    let size = 0
    for (;;) {
      const length = (await take(4)).readUInt32BE()
      if (length === 0) break
      parts.push(await take(length))
      size += length
      if (size > this.streamMaxLength) return void answer("INSTREAM size limit exceeded. ERROR")
    }
    const bytes = Buffer.concat(parts)
    this.seen.push(bytes)
    if (this.manner === "mute") {
      // Until the client ends the connection.
      await chunks.next()
      return void socket.destroy()
    }
    if (this.manner === "cut") return void socket.destroy()
    if (this.manner === "strange") return void answer("stream: Can't allocate memory ERROR")
    answer(bytes.includes(eicar) ? "stream: Eicar-Test-Signature FOUND" : "stream: OK")
  }
}
