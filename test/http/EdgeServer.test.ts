// A server that shuts down closes persistent connections, and announces it in the answer.
import { once } from "node:events"
import type { ServerResponse } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { EdgeServer } from "../../src/http/server/EdgeServer.ts"

const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

describe("a server that shuts down", () => {
  let server: EdgeServer
  let client: Socket
  /** What the client has received so far. */
  let heard: string

  beforeEach(async () => {
    server = new EdgeServer()
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    client = connect(port, "127.0.0.1")
    heard = ""
    client.on("data", (chunk) => {
      heard += chunk
    })
  })
  afterEach(() => {
    client.destroy()
    server.close()
  })

  const asked = async (): Promise<ServerResponse> => {
    const arrives = once(server, "request")
    client.write(request)
    const [, response] = await arrives
    return response
  }
  const told = () => new Promise<void>((resolve) => server.close(() => resolve()))

  it("answers requests under way with `connection: close`, and closes", async () => {
    const response = await asked()
    const gone = told()
    const closed = once(client, "close")
    response.end("late")
    await Promise.all([gone, closed])
    assert.match(heard, /^HTTP\/1\.1 200 .*\r\nconnection: close\r\n.*late$/is)
  })

  it("answers one more request of a connection that had been promised to stay, and then ends it", async () => {
    const first = await asked()
    first.writeHead(200, { "content-length": "3" }).write("o")
    const gone = told()
    // The next one comes before the answer is whole.
    client.write(request)
    const next = once(server, "request")
    first.end("ne")
    const [, second] = await next
    const closed = once(client, "close")
    second.end("two")
    await Promise.all([gone, closed])
    const [, one, two] = heard.split("HTTP/1.1 200 OK")
    assert.match(one ?? "", /connection: keep-alive.*one$/is)
    assert.match(two ?? "", /connection: close.*two$/is)
  })
})
