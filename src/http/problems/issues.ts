// What is wrong with an input, in words for whoever sent it. Never repeats the input: it may be long, deep or secret.
import { SchemaIssue } from "effect"

/** A body can be wrong in a hundred thousand places; nobody reads past these. */
const most = 20

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const segment = (part: PropertyKey | { readonly key: PropertyKey }) =>
  String(typeof part === "object" ? part.key : part)

/** One for each place: what else is wrong there shows when that is mended. */
export const issuesOf = (issue: SchemaIssue.Issue) => {
  const found = new Map<string, string>()
  for (const { path, message } of format(issue).issues) {
    const place = (path ?? []).map(segment).join(".")
    if (!found.has(place)) found.set(place, message)
    if (found.size === most) break
  }
  return Array.from(found, ([path, message]) => ({ path, message }))
}
