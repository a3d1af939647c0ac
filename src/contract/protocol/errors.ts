// The chapter about errors, from the OpenAPI document.
import { type Json, object, table, text } from "./markdown.ts"

/** The refusals of HTTP and RPC by their `_tag`. */
export const errors = (openApi: Json): string => {
  const rows = Object.values(object(object(openApi.components).schemas)).flatMap((schema) => {
    const { _tag, status, title } = object(object(schema).properties)
    const one = (field: unknown) => object(field).const
    const tag = text(one(_tag))
    return tag === "" ? [] : [[`\`${tag}\``, Number(one(status)), text(one(title))] as const]
  })
  return table(
    ["`_tag`", "status", ""],
    rows.toSorted(([a, one], [b, other]) => one - other || a.localeCompare(b)),
  )
}
