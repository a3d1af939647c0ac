// A server that shuts down closes persistent connections, and announces it in the answer.
import { once } from "node:events"
import type { ServerResponse } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { EdgeServer } from "../../src/http/server/EdgeServer.ts"

const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

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

describe("a request that does not arrive whole", () => {
  it("is answered with 408 after 30 s, and its connection ended", async () => {
    const arrives = once(server, "request")
    client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
    await arrives
    const closed = once(client, "close")
    server.endSlow(0)
    server.endSlow(29_999)
    assert.isTrue(client.readable, "it may take 30 s")
    assert.strictEqual(heard, "")
    server.endSlow(30_000)
    await closed
    assert.match(heard, /^HTTP\/1\.1 408 .*\r\nconnection: close\r\n.*"_tag":"RequestTimeout"/is)
  })

  it("may take its time when its handler says so, and one that is whole may wait for its answer", async () => {
    const arrives = once(server, "request")
    client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
    const [slow, response] = await arrives
    server.takeTime(slow)
    server.endSlow(0)
    server.endSlow(60_000)
    client.write("theres")
    slow.resume()
    await once(slow, "end")
    server.endSlow(90_000)
    server.endSlow(180_000)
    const ended = once(client, "data")
    response.end("whole")
    await ended
    assert.match(heard, /^HTTP\/1\.1 200 .*whole/is)
  })
})

describe("a server that shuts down", () => {
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
