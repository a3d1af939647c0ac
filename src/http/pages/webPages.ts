// The web page: the files of web/dist, read once at start. A request can only name these files, so no path leads out of
// the folder.
import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { HttpRouter, HttpServerRequest } from "effect/http"
import { Settings } from "../../config/Settings.ts"
import { NotFound } from "../../domain/errors.ts"
import { problemOrDie } from "../problems/problem.ts"
import { notBuilt } from "./notBuilt.ts"
import { pagePaths, workerPath } from "./paths.ts"
import { StaticFile } from "./StaticFile.ts"

const defaultRoot = fileURLToPath(new URL("../../../web/dist/", import.meta.url))

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ")

/** The worker fetches the page's files, and nothing from elsewhere. */
const workerPolicy = "default-src 'none'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/** Vite's names: a dash and eight characters before the extension. */
const isHashed = (name: string) => /-[\w-]{8}\.\w+$/.test(name)

const readWorker = (root: string): StaticFile | undefined => {
  try {
    const headers = { "content-security-policy": workerPolicy }
    return new StaticFile("sw.js", readFileSync(`${root}/sw.js`), { headers })
  } catch {
    return undefined
  }
}

const readAssets = (root: string): ReadonlyMap<string, StaticFile> =>
  new Map(
    globSync("assets/**/*.*", { cwd: root }).map((name) => {
      const path = `/${name.replaceAll("\\", "/")}`
      return [path, new StaticFile(path, readFileSync(`${root}/${name}`), { immutable: isHashed(path) })]
    }),
  )

/** Its build names its files relative to itself, but it is served at many paths; its script reads `data-base`. */
const below = (basePath: string, html: string): string =>
  html
    .replaceAll(/ (href|src)="\.\//g, ` $1="${basePath}/`)
    .replace("<html", basePath === "" ? "<html" : `<html data-base="${basePath}"`)

/** The page itself, also shown to a browser at an unknown path. */
export const readIndex = (basePath: string, root = defaultRoot): StaticFile => {
  const headers = { "content-security-policy": policy }
  try {
    const html = readFileSync(`${root}/index.html`, "utf8")
    return new StaticFile("index.html", below(basePath, html), { headers })
  } catch {
    return new StaticFile("index.html", notBuilt(basePath), { headers })
  }
}

const isNumber = (parameter: string | undefined) => /^[1-9]\d{0,15}$/.test(parameter ?? "")

/** Serves the page built into `root`; before it is built, instructions for the build. */
export const pageRoutes = (root = defaultRoot) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const { basePath } = yield* Settings
      const index = readIndex(basePath, root)
      const assets = readAssets(root)
      const worker = readWorker(root)
      if (worker !== undefined)
        yield* router.add("GET", workerPath, (request) => Effect.succeed(worker.respond(request)))
      for (const path of pagePaths) {
        yield* router.add("GET", path, (request) =>
          Effect.map(HttpRouter.params, (params) =>
            index.respond(request, Object.values(params).every(isNumber) ? 200 : 404),
          ),
        )
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
