// `/asyncapi.json` describes the socket, as `/openapi.json` describes HTTP; `/asyncapi` is the guide to both, to read.
import { createHash } from "node:crypto"
import { Effect } from "effect"
import { HttpRouter, type HttpServerRequest } from "effect/http"
import { Marked } from "marked"
import { Settings } from "../../config/Settings.ts"
import { makeAsyncApi } from "../../contract/asyncapi.ts"
import { makeProtocol } from "../../contract/protocol.ts"
import { StaticFile } from "./StaticFile.ts"

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent) }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem 1rem 4rem }
h1, h2, h3 { line-height: 1.25; margin: 2em 0 .6em; scroll-margin-top: 1rem }
h2 { border-top: 1px solid var(--line); padding-top: 1em }
code { background: color-mix(in srgb, currentColor 8%, transparent); border-radius: 4px; font: .9em ui-monospace, monospace; padding: .1em .3em }
pre { background: color-mix(in srgb, currentColor 6%, transparent); border-radius: 8px; overflow: auto; padding: .8rem 1rem }
pre code { background: none; padding: 0 }
.wide { overflow: auto }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid var(--line); padding: .35rem .6rem; text-align: start; vertical-align: top }
nav ul { columns: 16rem; padding-inline-start: 1.2rem }
`

const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ")

const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/<[^>]+>|&\w+;/g, "")
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^-|-$/g, "")

const render = (markdown: string): string => {
  const chapters: Array<string> = []
  const ids = new Map<string, number>()
  const idOf = (heading: string) => {
    const id = slug(heading)
    const before = ids.get(id) ?? 0
    ids.set(id, before + 1)
    return before === 0 ? id : `${id}-${before + 1}`
  }
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const heading = this.parser.parseInline(tokens)
        const id = idOf(heading)
        if (depth === 2) chapters.push(`<li><a href="#${id}">${heading}</a></li>`)
        return `<h${depth} id="${id}">${heading}</h${depth}>\n`
      },
      // A wide table scrolls by itself.
      code: ({ text, lang = "" }) =>
        `<pre tabindex="0" class="${lang}"><code>${text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</code></pre>\n`,
    },
  })
  const body = marked.parse(markdown, { async: false }).replaceAll("<table>", '<div class="wide" tabindex="0"><table>')
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width, initial-scale=1" />
  <title>The protocol of Confab</title>
  <style>${style}</style>
</head>
<body>
<nav aria-label="Chapters"><ul>${chapters.join("")}</ul></nav>
<main>
${body.replaceAll("</table>", "</table></div>")}
</main>
</body>
</html>
`
}

const guidePage = () =>
  new StaticFile("protocol.html", render(makeProtocol()), { headers: { "content-security-policy": policy } })

export const asyncApiRoute = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const { basePath } = yield* Settings
    // Built at the first request, as the other documents are.
    const served = Effect.fnUntraced(function* (path: "/asyncapi" | "/asyncapi.json", make: () => StaticFile) {
      const file = yield* Effect.cached(Effect.sync(make))
      const respond = (request: HttpServerRequest.HttpServerRequest) =>
        Effect.map(file, (file) => file.respond(request))
      yield* router.add("GET", path, respond)
    })
    yield* served("/asyncapi.json", () => new StaticFile("asyncapi.json", JSON.stringify(makeAsyncApi(basePath))))
    yield* served("/asyncapi", guidePage)
  }),
)
