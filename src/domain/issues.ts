// Describes invalid input for its sender. Never repeats the input: it may be long, deep or secret.
import { SchemaIssue } from "effect"

/** A body can have a hundred thousand issues; more than these are of no use. */
const most = 20

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const segment = (part: PropertyKey | { readonly key: PropertyKey }) =>
  String(typeof part === "object" ? part.key : part)

export interface Issue {
  readonly path: string
  readonly message: string
}

/** One issue a place: others at the same place show once it is corrected. */
export const issuesOf = (issue: SchemaIssue.Issue): ReadonlyArray<Issue> => {
  const found = new Map<string, string>()
  for (const { path, message } of format(issue).issues) {
    const place = (path ?? []).map(segment).join(".")
    if (!found.has(place)) found.set(place, message)
    if (found.size === most) break
  }
  return Array.from(found, ([path, message]) => ({ path, message }))
}
