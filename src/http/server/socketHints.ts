// Answers plain requests to the WebSocket paths. Browsers hide from a page why its socket was refused, so the page
// sends a request here.
import { Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Settings } from "../../config/Settings.ts"
import { ForeignOrigin, NotFound } from "../../domain/errors.ts"
import { senderOf } from "../../edge/origin.ts"
import { exchangeOf } from "../Exchange.ts"
import { problemOrDie } from "../problems/problem.ts"

/** Does not set `connection`: it would keep the connection open also for clients that want it closed. */
const upgradeRequired = HttpServerResponse.jsonUnsafe(
  {
    type: "urn:confab:problem:UpgradeRequired",
    title: "Upgrade required",
    status: 426,
    detail: "This path speaks WebSocket.",
    _tag: "UpgradeRequired",
  },
  {
    status: 426,
    contentType: "application/problem+json",
    headers: { upgrade: "websocket", connection: "Upgrade, close" },
  },
)

const refusal = new ForeignOrigin({
  detail:
    "Sockets of this page are refused: its origin is not this server's own as far as the server knows. TRUST_PROXY or CORS_ORIGINS has " +
    "to be set, or the proxy in front to pass the host; the server's log has both origins.",
})

/** With `?page=`, the origin of a page: 403 if its socket would be refused, as for the upgrade. */
const hint = Effect.map(Settings, ({ corsOrigins }) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const { url } = request
    const page = new URLSearchParams(url.includes("?") ? url.slice(url.indexOf("?")) : "").get("page")
    if (page === null) return Effect.succeed(upgradeRequired)
    const sender = senderOf({ origin: page }, exchangeOf(request), corsOrigins)
    return sender === "own" || sender === "listed" ? Effect.succeed(upgradeRequired) : problemOrDie(refusal)
  }),
)

export const socketHints = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const answer = yield* hint
    yield* router.add("GET", "/ws", answer)
    yield* router.add("GET", "/rpc", answer)
    yield* router.add(
      "GET",
      "/ws/:chat_id",
      Effect.flatMap(HttpRouter.params, ({ chat_id = "" }) =>
        /^[1-9]\d{0,15}$/.test(chat_id) ? answer : problemOrDie(new NotFound()),
      ),
    )
  }),
)
