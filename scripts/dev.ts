// `npm run dev`: the server, started again when a file of src changes, and the page from its sources with hot reload (Vite),
// which passes everything else on to that server. Ends both at once. PAGE_PORT is the page's port (5173).
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createServer, type ViteDevServer } from "vite"
import { isForServer } from "./isForServer.ts"

const root = join(import.meta.dirname, "..")
const startPage = async (target: string): Promise<ViteDevServer> => {
  const page = await createServer({
    configFile: join(root, "web/vite.config.ts"),
    base: "/",
    server: {
      port: Number(process.env.PAGE_PORT || 5173),
      proxy: {
        // The browser's `Host` is passed on, so the server takes the page for its own.
        "^/(?:ws|rpc)(?:[/?]|$)": { target, ws: true },
        "^/": { target, bypass: ({ method = "", url = "" }) => (isForServer(method, url) ? undefined : url) },
      },
    },
  })
  await page.listen()
  return page
}

/** Under `node --watch`, which starts it again after a change, and waits for one when it could not start. */
const startServer = (): ChildProcess =>
  spawn(
    process.execPath,
    ["--watch-path=src", "--watch-preserve-output", "--import", "./scripts/endWithNpm.ts", "src/main.ts"],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      env: { LOG_FORMAT: process.stdout.isTTY ? "pretty" : "auto", ...process.env },
    },
  )

/** Resolves with the URL of the first start. */
const listening = (server: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    let text = ""
    const look = (chunk: Buffer) => {
      text += String(chunk)
      const [, port] = /Confab is listening on https?:\/\/\S+?:([1-9]\d*)/.exec(text) ?? []
      if (port === undefined) return
      server.stdout?.off("data", look)
      resolve(`http://127.0.0.1:${port}`)
    }
    server.stdout?.on("data", look)
    server.stdout?.pipe(process.stdout, { end: false })
  })

const server = startServer()
const ended = once(server, "exit")
const isAsked = new Promise<void>((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve())
})
const ready = listening(server).then(startPage)
ready.then(
  (page) => console.log(`The page with hot reload: ${page.resolvedUrls?.local[0]}`),
  (error) => {
    console.error(error)
    process.kill(process.pid, "SIGTERM")
  },
)
await Promise.race([isAsked, ended])
server.kill("SIGTERM")
await ended
// Sockets of the page would keep Vite waiting; they end with the process.
process.exit(0)
