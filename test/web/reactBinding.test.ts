// The React binding in real React and a real browser: examples/react.tsx as it is, in StrictMode, on another origin than
// the server, with the session in the page's localStorage.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { assert, describe, expect, it } from "@effect/vitest"
import { build } from "vite"
import { Person } from "../support/person.ts"
import { serverOnPostgres } from "../support/sharedServer.ts"
import { sharedBrowser } from "./support/browser.ts"

const root = join(import.meta.dirname, "../..")
const source = (path: string) => JSON.stringify(join(root, path))

/** The page of a front end: what it shows and does is the example's. */
const page = (url: string) => `
import { browserTokens, createChatClient } from "@confab-chat/client"
import { show } from ${source("examples/react.tsx")}
const client = createChatClient({ url: ${JSON.stringify(url)}, tokens: browserTokens() })
window.client = client
window.opened = []
const { openChat, closeChat } = client
client.openChat = (id) => (window.opened.push("open"), openChat(id))
client.closeChat = (id) => (window.opened.push("close"), closeChat(id))
window.show = () => show(document.querySelector("#root"), client)
window.cookies = () => {
  try {
    createChatClient({ url: ${JSON.stringify(url)}, auth: "cookie" })
  } catch (error) {
    return error.tag
  }
}
`

const bundled = async (url: string): Promise<string> => {
  const output = await build({
    configFile: false,
    logLevel: "silent",
    root,
    define: { "process.env.NODE_ENV": '"development"' },
    resolve: {
      alias: [
        { find: /^@confab-chat\/client$/, replacement: join(root, "src/client/plain.ts") },
        { find: /^@confab-chat\/client\/react$/, replacement: join(root, "src/client/react.ts") },
      ],
    },
    plugins: [
      {
        name: "page",
        enforce: "pre",
        resolveId: (id) => (id === "virtual:page" ? id : null),
        load: (id) => (id === "virtual:page" ? page(url) : null),
      },
    ],
    build: {
      write: false,
      minify: false,
      rolldownOptions: { input: "virtual:page", output: { codeSplitting: false } },
    },
  })
  const [chunk] = (Array.isArray(output) ? output : [output]).flatMap((result) =>
    "output" in result ? result.output : [],
  )
  return chunk?.type === "chunk" ? chunk.code : ""
}

describe("the React binding", { timeout: 120_000 }, () => {
  it("shows chats and messages in StrictMode, keeps the session over a reload, and loads nothing twice", async () => {
    let script = ""
    const host = createServer((request, response) => {
      const isScript = request.url === "/page.js"
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html")
      response.end(
        isScript ? script : '<!doctype html><div id="root"></div><script type="module" src="/page.js"></script>',
      )
    })
    await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve))
    const origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
    const server = await serverOnPostgres({ CORS_ORIGINS: origin })
    const context = await (await sharedBrowser()).newContext()
    try {
      script = await bundled(server.url)
      const [ann, bob] = await Promise.all([Person.signUp(server.url, "ann"), Person.signUp(server.url, "bob")])
      const chat_id = await ann.group("Compilers", bob)
      const device = await bob.connect()
      await device.ask({ type: "message", chat_id, text: "From Bob" })

      const tab = await context.newPage()
      const complaints: Array<string> = []
      tab.on("pageerror", (error) => complaints.push(String(error)))
      tab.on("console", (message) => message.type() === "error" && complaints.push(message.text()))
      await tab.goto(origin)
      // The default on another origin is tokens: cookies are refused, with the reason.
      assert.strictEqual(await tab.evaluate("window.cookies()"), "CookiesNotPossible")
      await tab.evaluate(`window.client.logIn(${JSON.stringify(ann.username)}, ${JSON.stringify(ann.password)})`)
      await tab.evaluate("window.show()")
      await tab.getByRole("button", { name: "Compilers" }).click()
      await tab.getByText("From Bob").waitFor()
      await tab.getByRole("textbox", { name: "Message" }).fill("From Ann")
      await tab.keyboard.press("Enter")
      await tab.getByText("From Ann").waitFor()
      await device.hears({ type: "message", text: "From Ann" })
      // StrictMode mounted twice: the second mounting kept what the first had opened.
      assert.deepStrictEqual(await tab.evaluate("window.opened"), ["open", "open"])
      assert.deepStrictEqual(complaints, [])

      await tab.reload()
      await tab.evaluate("window.show()")
      await tab.getByRole("button", { name: "Compilers" }).click()
      await tab.getByText("From Ann").waitFor()
      await device.ask({ type: "message", chat_id, text: "Live" })
      await tab.getByText("Live").waitFor()
      await tab.evaluate("window.client.logOut()")
      await expect.poll(() => tab.getByText("Live").count()).toBe(0)
      assert.strictEqual(await tab.evaluate("localStorage.length"), 0)
      await device.close()
    } finally {
      await context.close()
      host.close()
      await server[Symbol.asyncDispose]()
    }
  })
})
