// Which methods does a path know? Asked only after the router found none for a request, to tell 405 from 404.
import { FindMyWay } from "effect/http"
import { HttpApi } from "effect/http-api"
import { Api } from "../contract/Api.ts"

/** How paths are compared: `/me/` is `/me`. */
export const routerConfig = { ignoreTrailingSlash: true } as const

/** Routes beside the API's own, all of them GET. */
const pages = [
  "/",
  "/login",
  "/register",
  "/messenger",
  "/assets/*",
  "/docs",
  "/redoc",
  "/redoc/redoc.standalone.js",
  "/openapi.json",
  "/asyncapi.json",
  "/ws",
  "/ws/:chat_id",
  "/rpc",
] as const

const router = FindMyWay.make<true>(routerConfig)
const methods = new Set<string>()
const words = new Set<string>()
const add = (method: string, path: string) => {
  methods.add(method)
  for (const word of path.split("/")) words.add(word)
  if (path.startsWith("/")) router.on(method, `/${path.slice(1)}`, true)
}

HttpApi.reflect(Api, { onGroup: () => {}, onEndpoint: ({ endpoint }) => add(endpoint.method, endpoint.path) })
// Both `/login` and the like are a page (GET) and an endpoint (POST).
for (const path of pages) add("GET", path)

/** Empty: no such path. */
export const allowedMethods = (url: string): ReadonlyArray<string> => {
  const known = [...methods].filter((method) => router.find(method, url) !== undefined)
  if (known.length === 0) return known
  return [...known, ...(known.includes("GET") ? ["HEAD"] : []), "OPTIONS"]
}

/**
 * An address as it may be written down: what our routes are made of, and numbers. People put tokens, names and e-mails into
 * addresses, also into such as are not there; of those only the place is shown.
 */
export const tellablePath = (url: string): string => {
  const end = url.search(/[?#;]/)
  const segments = (end === -1 ? url : url.slice(0, end)).split("/", 10)
  return segments.map((segment) => (words.has(segment) || /^\d{1,16}$/.test(segment) ? segment : "*")).join("/")
}
