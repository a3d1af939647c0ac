// The chapter about HTTP, from the OpenAPI document: a list, since `/docs` has the details.
import { type Json, list, object, table, text } from "./markdown.ts"

const methods = ["get", "post", "put", "patch", "delete"]

interface Route {
  readonly tag: string
  readonly row: readonly [route: string, answers: string, summary: string]
}

const routesOf = (openApi: Json): ReadonlyArray<Route> =>
  Object.entries(object(openApi.paths)).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = object(item)[method]
      if (operation === undefined) return []
      const { responses, summary, tags } = object(operation)
      const good = Object.keys(object(responses)).filter((status) => status < "300")
      const tag = text(list(tags)[0])
      return [{ tag, row: [`\`${method.toUpperCase()} ${path}\``, good.join(", "), text(summary)] }]
    }),
  )

/** All routes, by subject. */
export const routes = (openApi: Json): string => {
  const all = routesOf(openApi)
  return [...new Set(all.map(({ tag }) => tag))]
    .map((tag) => {
      const rows = all.filter((route) => route.tag === tag).map(({ row }) => row)
      return `### ${tag}\n\n${table(["route", "answer", ""], rows)}`
    })
    .join("\n\n")
}
