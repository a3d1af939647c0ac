// The guide for programs that use HTTP and the WebSocket without the typed client, as Markdown. Its tables come from the
// same schemas as the server, through the OpenAPI and AsyncAPI documents. Served at /asyncapi, kept in docs/protocol.md.
import { guide } from "./asyncapi/guide.ts"
import { makeAsyncApi } from "./asyncapi.ts"
import { makeOpenApi } from "./openapi.ts"
import { errors } from "./protocol/errors.ts"
import { bot, shell } from "./protocol/examples.ts"
import { frames, parts } from "./protocol/frames.ts"
import { routes } from "./protocol/http.ts"
import { code, object, table } from "./protocol/markdown.ts"
import { resume } from "./protocol/resume.ts"

/** The whole guide; built at each call. */
export const makeProtocol = (): string => {
  const openApi = object(makeOpenApi())
  const asyncApi = makeAsyncApi()
  const limits = Object.entries(object(asyncApi["x-limits"])).map(([name, value]) => [
    `\`${name}\``,
    JSON.stringify(value).replaceAll('"', ""),
  ])
  return `# The protocol of Confab

For programs in any language. \`/docs\` tries out the HTTP routes, \`/redoc\` has all their fields, \`/openapi.json\` and \`/asyncapi.json\` are for
generators. Programs in TypeScript have a typed client.

JSON is \`snake_case\`. Ids are whole numbers, times are ISO 8601 in UTC with milliseconds. A field marked \`?\` may be absent: it is empty,
false or the default. Ignore fields and frames that you do not know; both may be added.

## A first message

${code("sh", shell)}

## A bot

It needs Node 22 and nothing else. It comes back after a disconnection, misses no message and answers each once. In the repository,
\`docs/examples/bot.py\` is one in Python 3 without packages: it uses mentions and reactions, and proves its copy of each chat with \`check\`.

${code("js", bot)}

## HTTP

Send \`Authorization: Bearer <access token>\` with all routes but signing up and logging in. Lists come in pages: \`limit\` is at most 200, and
\`next\` is the value of \`before\` (or \`after\`) for the page that follows.

${routes(openApi)}

## Errors

Every error is an \`application/problem+json\` document (RFC 9457). Tell them apart by \`_tag\`; a 400 lists \`issues\` with \`path\` and \`message\`;
a 429 and a 503 have \`Retry-After\` in seconds. \`RateLimit\` shows what is left of each limit that a request took from, such as
\`"requests";r=399;t=1, "messages";r=59;t=1\` (59 messages now, all of them again in a second), and \`RateLimit-Policy\` how much it is at most
(\`q\`) and in how many seconds as much comes again (\`w\`); a server of several nodes shows what is left on the one that answers. Failed log-ins
are limited and not shown. The answers of \`/token\` alone are those of RFC 6749.

${errors(openApi)}

# The WebSocket

${guide.slice(guide.indexOf("## Connecting")).trim()}

## What a client keeps

${resume}

## Frames that you send

${frames(asyncApi, "Client")}

## Frames that you receive

${frames(asyncApi, "Server")}

## Shared parts

${parts(asyncApi)}

## Numbers

${table(["name", "value"], limits)}
`
}
