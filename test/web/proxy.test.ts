// The page behind a proxy that the server does not trust.
import { once } from "node:events"
import { createServer, type Server as HttpServer, request } from "node:http"
import { connect } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { stage } from "./support/browser.ts"

const { browser, server } = await stage()
let proxy: HttpServer
/** The `Host` that the proxy passes on; undefined: the browser's. */
let host: string | undefined

beforeAll(async () => {
  proxy = createServer((asked, answer) => {
    const headers = { ...asked.headers, ...(host === undefined ? {} : { host }) }
    const { method, url: path } = asked
    const passed = request({ host: "127.0.0.1", port: server.port, method, path, headers, agent: false }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers)
      found.pipe(answer)
    })
    passed.on("error", () => answer.destroy())
    asked.pipe(passed)
  })
  proxy.on("upgrade", (asked, near) => {
    const headers = Object.entries({ ...asked.headers, ...(host === undefined ? {} : { host }) })
    const far = connect(server.port, "127.0.0.1", () => {
      far.write(`GET ${asked.url} HTTP/1.1\r\n${headers.map((pair) => `${pair.join(": ")}\r\n`).join("")}\r\n`)
      near.pipe(far).pipe(near)
    })
    near.on("error", () => far.destroy()).on("close", () => far.destroy())
    far.on("error", () => near.destroy())
  })
  proxy.listen(0, "127.0.0.1")
  await once(proxy, "listening")
})

afterAll(() => {
  proxy?.closeAllConnections()
  proxy?.close()
})

describe("behind a proxy that passes another host", () => {
  it("the page says what is wrong, and connects once it is put right", async () => {
    const address = proxy.address()
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`
    const person = await Person.signUp(server.url, "paul")
    const page = await browser.newPage({ baseURL: url })
    host = "inner.example:8000"
    await page.goto("/login")
    await page.getByLabel("User name or e-mail").fill(person.username)
    await page.getByRole("textbox", { name: "Password" }).fill(person.password)
    await page.keyboard.press("Enter")
    const line = page.getByText(`The server does not take ${url} for its own address`)
    await line.waitFor()
    expect(await line.textContent()).toContain("TRUST_PROXY")
    host = undefined
    // It may have come back by itself at this very moment, and the button with it.
    await page.evaluate(() => document.querySelector<HTMLElement>(".connection-line button")?.click())
    await line.waitFor({ state: "detached" })
    await page.getByText("No chats yet").waitFor()
    await page.close()
  }, 60_000)
})
