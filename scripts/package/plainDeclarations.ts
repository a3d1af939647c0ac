// Replaces the contract's types in the declarations of the client by plain ones, in client/types.d.ts: whoever uses the plain
// client needs no Effect, and passes numbers where the code inside has branded ids.
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { isSchema, PlainTypes, type Source } from "./plainTypes.ts"

/** What these reach in client/ is plain. The other files of the entry for Effect keep its types. */
const plainEntries = ["client/plain.d.ts", "client/react.d.ts", "client/EffectClient.d.ts"]
const target = "client/types"

/** `import type { A, B } from "../domain/X.js"`, and `export type`. */
const typeImports = /\b(import|export) type \{([^}]+)\} from "((?:\.\.?\/)+(?:[\w-]+\/)*[\w-]+)\.js"/g

const tagsOf = (module: Readonly<Record<string, unknown>>): string =>
  Object.entries(module)
    .filter(([, value]) => isSchema(value) && typeof value === "function")
    .map(([name]) => JSON.stringify(name))
    .join(" | ")

/** A type without a schema: its declaration as it was written. */
const written = (declarations: string, name: string): string => {
  const found = new RegExp(`^export (?:type|interface) ${name}\\b[\\s\\S]*?^(?:\\}|(?=export )|(?![\\s\\S]))`, "m")
  const [text] = found.exec(declarations) ?? []
  if (text === undefined || text.includes("typeof ")) throw new Error(`Export the schema of ${name}, or write its type`)
  return `${text.trimEnd()}\n`
}

const sourceOf = async (sources: string, out: string, module: string, name: string): Promise<Source> => {
  if (name === "ProblemTag") {
    return { declaration: `export type ProblemTag = ${tagsOf(await import(join(sources, "domain/errors.ts")))}\n` }
  }
  const exported: unknown = (await import(join(sources, `${module}.ts`)))[name]
  return isSchema(exported)
    ? { ast: exported.ast }
    : { declaration: written(readFileSync(join(out, `${module}.d.ts`), "utf8"), name) }
}

const anyImport = /\bfrom "(\.[^"]+)\.js"/g

/** The declarations in client/ that the entries reach, and those that they take from other rooms as they are. */
const reached = (out: string): ReadonlySet<string> => {
  const found = new Set<string>(["domain/deletedAccount.d.ts"])
  const visit = (file: string) => {
    if (found.has(file)) return
    found.add(file)
    for (const [, path = ""] of readFileSync(join(out, file), "utf8").matchAll(anyImport)) {
      const next = `${join(dirname(file), path)}.d.ts`
      if (next.startsWith("client/")) visit(next)
    }
  }
  for (const entry of plainEntries) visit(entry)
  return found
}

export const plainDeclarations = async (sources: string, out: string): Promise<void> => {
  const types = new Map<string, Source>()
  types.set("Json", await sourceOf(sources, out, "domain/Json", "Json"))
  types.set("JsonObject", await sourceOf(sources, out, "domain/Json", "JsonObject"))
  for (const file of reached(out)) {
    const before = readFileSync(join(out, file), "utf8")
    for (const [, , names = "", path = ""] of before.matchAll(typeImports)) {
      const module = join(dirname(file), path)
      if (module.startsWith("client/")) continue
      for (const name of names.split(",").map((text) => text.trim().replace(/ as .*/, ""))) {
        if (name !== "" && !types.has(name)) types.set(name, await sourceOf(sources, out, module, name))
      }
    }
    const at = relative(dirname(file), target)
    const place = at.startsWith(".") ? at : `./${at}`
    const named = before.replaceAll(/typeof (\w+)\.Type\b/g, "$1")
    const after = named.replaceAll(typeImports, (text, word: string, names: string, path: string) =>
      join(dirname(file), path).startsWith("client/") ? text : `${word} type {${names}} from "${place}.js"`,
    )
    if (after !== before) writeFileSync(join(out, file), after)
  }
  writeFileSync(join(out, `${target}.d.ts`), new PlainTypes(types).text())
  writeFileSync(join(out, `${target}.js`), "export {}\n")
}
