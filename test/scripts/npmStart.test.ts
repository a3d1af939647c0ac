// `npm start` as a user or a service manager runs it: signals to npm reach the server, and no server outlives npm.
import { assert, describe, it } from "@effect/vitest"
import { onTestFinished } from "vitest"
import { Person } from "../support/person.ts"
import { Server } from "../support/server.ts"

/** Whether the server still answers. */
const isServed = (server: Server): Promise<boolean> =>
  fetch(`${server.url}/health`).then(
    () => true,
    () => false,
  )

/** Also killed when the test times out. */
const npmStart = async (): Promise<Server> => {
  const server = await Server.start({ byNpm: true })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

describe("npm start", { timeout: 60_000 }, () => {
  it("ends the server in order when npm gets a SIGTERM, and npm waits for that", async () => {
    const server = await npmStart()
    const ada = await Person.signUp(server.url, "ada")
    const device = await ada.connect()
    assert.strictEqual(await server.terminate(), 0)
    assert.strictEqual((await device.closed).code, 1001)
    assert.isFalse(await isServed(server))
    assert.notInclude(server.logs, '"level":"ERROR"')
    // Node itself complains about settings of V8 that it does not know.
    assert.notInclude(server.logs, "unrecognized flag")
  })

  it("leaves no server behind when npm is killed with -9, and that server ends in order", async () => {
    const server = await npmStart()
    const ada = await Person.signUp(server.url, "ada")
    const device = await ada.connect()
    await server.kill9()
    assert.strictEqual((await device.closed).code, 1001)
    assert.isFalse(await isServed(server))
    assert.notInclude(server.logs, '"level":"ERROR"')
  })
})
