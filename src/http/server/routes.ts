// The known paths in their literal form, and the methods of each.
import { FindMyWay } from "effect/http"
import { HttpApi } from "effect/http-api"
import { Api } from "../../contract/Api.ts"
import { pagePaths, workerPath } from "../pages/paths.ts"

/**
 * How paths are compared: only `/me/` equals `/me`. The router would still decode `%6d` and end a path at `;`: see
 * `isLiteral`. The longest parameter is an emoji of 32 UTF-16 units, percent-encoded.
 */
export const routerConfig = {
  ignoreTrailingSlash: true,
  ignoreDuplicateSlashes: false,
  caseSensitive: true,
  maxParamLength: 512,
} as const

/** Routes besides the API's own, all of them GET. */
const pages = [
  ...pagePaths,
  workerPath,
  "/assets/*",
  "/docs",
  "/redoc",
  "/redoc/redoc.standalone.js",
  "/openapi.json",
  "/asyncapi",
  "/asyncapi.json",
  "/ws",
  "/ws/:chat_id",
  "/rpc",
] as const

/** Finds the pattern of a path. */
const router = FindMyWay.make<string>(routerConfig)
const methods = new Set<string>()
const words = new Set<string>()
const add = (method: string, path: string) => {
  methods.add(method)
  for (const word of path.split("/")) words.add(word)
  if (path.startsWith("/")) router.on(method, `/${path.slice(1)}`, path)
}

HttpApi.reflect(Api, { onGroup: () => {}, onEndpoint: ({ endpoint }) => add(endpoint.method, endpoint.path) })
// `/login` and others are both a page (GET) and an endpoint (POST).
for (const path of pages) add("GET", path)

const pathOf = (url: string): string => {
  const end = url.indexOf("?")
  return end === -1 ? url : url.slice(0, end)
}

/** The path of a request target, which may contain the server too (RFC 9112, section 3.2.2). */
const pathOfTarget = (target: string): string =>
  target.startsWith("/") ? pathOf(target) : pathOf(target.replace(/^https?:\/\/[^/?]*/i, "")) || "/"

/** Whether the path begins with a slash, has no double slash, and has no `;`, where the router would end it. */
const isWhole = (path: string): boolean => path.startsWith("/") && !/\/\/|[;#]/.test(path)

/** Whether the router, which decodes, finds a pattern whose fixed segments are in the path literally. */
const fits = (method: string, path: string): boolean => {
  const pattern = router.find(method, path)?.handler.split("/")
  const segments = path.split("/")
  return pattern?.every((segment, i) => segment === segments[i] || /^[:*]/.test(segment)) === true
}

/**
 * A path is compared literally: `/metrics;x` and `/%6detrics` are other paths than `/metrics`, as they are for the
 * rules of a proxy. Only parameters may be percent-encoded. `target` is what the client sent, `url` its form after
 * rewriting.
 */
export const isLiteral = (method: string, url: string, target = url): boolean => {
  const path = pathOfTarget(target)
  if (!isWhole(path) || (target !== url && path !== pathOf(url))) return false
  return !path.includes("%") || fits(method === "HEAD" ? "GET" : method, path)
}

/** Empty: no such path. */
export const allowedMethods = (url: string): ReadonlyArray<string> => {
  const path = pathOf(url)
  const known = isWhole(path) ? [...methods].filter((method) => fits(method, path)) : []
  if (known.length === 0) return known
  return [...known, ...(known.includes("GET") ? ["HEAD"] : []), "OPTIONS"]
}

/**
 * A path for the log: only words of our routes and numbers. Clients put tokens, names and e-mails into paths, also into
 * unknown ones; other segments are shown as `*`.
 */
export const loggablePath = (url: string): string => {
  const end = url.search(/[?#]/)
  const segments = (end === -1 ? url : url.slice(0, end)).split("/", 10)
  return segments.map((segment) => (words.has(segment) || /^\d{1,16}$/.test(segment) ? segment : "*")).join("/")
}
