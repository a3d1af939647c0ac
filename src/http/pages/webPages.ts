// The web page: what was built into web/dist, read once at start. A request can only name what was read: no path leads out.
import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { HttpRouter, HttpServerRequest } from "effect/http"
import { NotFound } from "../../domain/errors.ts"
import { problemOrDie } from "../problem.ts"
import { notBuilt } from "./notBuilt.ts"
import { StaticFile } from "./StaticFile.ts"

export const defaultRoot = fileURLToPath(new URL("../../../web/dist/", import.meta.url))

/** The page is one document; its script reads the path. */
const paths = ["/", "/login", "/register", "/messenger"] as const

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ")

/** Vite's: a dash and eight characters before the extension. */
const isHashed = (name: string) => /-[\w-]{8}\.\w+$/.test(name)

const readAssets = (root: string): ReadonlyMap<string, StaticFile> =>
  new Map(
    globSync("assets/**/*.*", { cwd: root }).map((name) => {
      const path = `/${name.replaceAll("\\", "/")}`
      return [path, new StaticFile(path, readFileSync(`${root}/${name}`), { immutable: isHashed(path) })]
    }),
  )

const readIndex = (root: string): StaticFile => {
  const headers = { "content-security-policy": policy }
  try {
    return new StaticFile("index.html", readFileSync(`${root}/index.html`), { headers })
  } catch {
    return new StaticFile("index.html", notBuilt, { headers })
  }
}

/** Serves the pages that were built into `root`; before they are, a word on how to build them. */
export const pageRoutes = (root = defaultRoot) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const index = readIndex(root)
      const assets = readAssets(root)
      for (const path of paths) {
        yield* router.add("GET", path, (request) => Effect.succeed(index.respond(request)))
      }
      yield* router.add(
        "GET",
        "/assets/*",
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
          const file = assets.get(request.url.replace(/\?.*$/s, ""))
          return file === undefined ? problemOrDie(new NotFound()) : Effect.succeed(file.respond(request))
        }),
      )
    }),
  )
