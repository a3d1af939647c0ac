// The API's documents: /openapi.json, Swagger UI and ReDoc. This server serves all their files.
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiSwagger } from "effect/http-api"
import { Settings } from "../../config/Settings.ts"
import { documentedApi, makeOpenApi } from "../../contract/openapi.ts"
import { StaticFile } from "./StaticFile.ts"

const sha256 = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

/** Allows exactly the page's inline scripts. Both renderers create `<style>` elements. */
const policyFor = (html: string) => {
  const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = ""]) => sha256(script))
  return [
    "default-src 'none'",
    `script-src 'self' ${scripts.join(" ")}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src blob:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ")
}

const page = (html: string) =>
  new StaticFile("page.html", html, { headers: { "content-security-policy": policyFor(html) } })

const swagger = Effect.fnUntraced(
  function* (basePath: string) {
    const app = yield* HttpRouter.toHttpEffect(HttpApiSwagger.layer(documentedApi(basePath)))
    const request = HttpServerRequest.fromWeb(new Request("http://localhost/docs"))
    const response = yield* Effect.provideService(app, HttpServerRequest.HttpServerRequest, request)
    return page(yield* Effect.promise(() => HttpServerResponse.toWeb(response).text()))
  },
  Effect.scoped,
  Effect.orDie,
)

const redocHtml = (basePath: string) => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width, initial-scale=1" />
  <title>Confab API</title>
  <style>body { margin: 0 }</style>
</head>
<body>
  <div id="redoc"></div>
  <script src="${basePath}/redoc/redoc.standalone.js"></script>
  <script>Redoc.init("${basePath}/openapi.json", { hideDownloadButton: false, expandResponses: "200,201" }, document.getElementById("redoc"))</script>
</body>
</html>
`

/** ReDoc loads its own logo from a CDN; an empty image replaces it. */
const withoutLogo = (script: string) =>
  script.replaceAll(
    "https://cdn.redoc.ly/redoc/logo-mini.svg",
    "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=",
  )

/** From the installed package; in an image without it, the copy that the build of the page made. */
const redocScript = Effect.sync(() => {
  const places = [
    () => createRequire(import.meta.url).resolve("redoc/bundles/redoc.standalone.js"),
    () => new URL("../../../web/dist/vendor/redoc.standalone.js", import.meta.url),
  ]
  for (const place of places) {
    try {
      return new StaticFile("redoc.standalone.js", withoutLogo(readFileSync(place(), "utf8")))
    } catch {}
  }
  return undefined
})

/** Built at the first request: documents are read rarely, and a server should start fast. */
const lazily = (build: Effect.Effect<StaticFile | undefined>) =>
  Effect.map(
    Effect.cached(build),
    (file) => (request: HttpServerRequest.HttpServerRequest) =>
      Effect.map(file, (file) => file?.respond(request) ?? HttpServerResponse.text("Not installed.", { status: 404 })),
  )

export const documentRoutes = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const { basePath } = yield* Settings
    const openapi = Effect.sync(() => new StaticFile("openapi.json", JSON.stringify(makeOpenApi(basePath))))
    yield* router.add("GET", "/openapi.json", yield* lazily(openapi))
    yield* router.add("GET", "/docs", yield* lazily(swagger(basePath)))
    yield* router.add("GET", "/redoc", yield* lazily(Effect.sync(() => page(redocHtml(basePath)))))
    yield* router.add("GET", "/redoc/redoc.standalone.js", yield* lazily(redocScript))
  }),
)
