// Writes the contract's types as plain TypeScript, from its schemas: numbers and texts without brands, and no import. The
// published client has these in place of types that are inferred from Effect's schemas.
import { SchemaAST as AST, type Schema } from "effect"

/** A named type: from a schema, or TypeScript as it is. */
export type Source = { readonly ast: AST.AST } | { readonly declaration: string }

const quoted = (name: PropertyKey): string =>
  typeof name === "string" && /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(String(name))

const comment = (text: unknown, indent: string): string =>
  typeof text === "string" && text !== ""
    ? `${indent}/** ${text.replaceAll("*/", "* /").replaceAll("\n", " ")} */\n`
    : ""

/** `Schema.isSchema`, but for values of unknown modules. */
export const isSchema = (value: unknown): value is Schema.Top =>
  (typeof value === "object" || typeof value === "function") && value !== null && "ast" in value && AST.isAST(value.ast)

export class PlainTypes {
  private readonly names = new Map<AST.AST, string>()
  private readonly sources = new Map<string, Source>()

  constructor(sources: ReadonlyMap<string, Source>) {
    for (const [name, source] of sources) this.add(name, source)
  }

  private add(name: string, source: Source): void {
    this.sources.set(name, source)
    if (!("ast" in source) || this.names.has(source.ast)) return
    // Ids of all kinds are the same schema of numbers: a name would be that of another kind.
    if (AST.isObjects(source.ast) || AST.isUnion(source.ast)) this.names.set(source.ast, name)
  }

  /** One declaration for each name, and for each named schema that they need. */
  text(): string {
    const done = new Map<string, string>()
    for (;;) {
      const next = [...this.sources].find(([name]) => !done.has(name))
      if (next === undefined) break
      const [name, source] = next
      done.set(name, "declaration" in source ? source.declaration : this.declaration(name, source.ast))
    }
    return [...done]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, text]) => text)
      .join("\n")
  }

  private declaration(name: string, ast: AST.AST): string {
    const said = comment(AST.resolveDescription(ast), "")
    const isInterface = AST.isObjects(ast) && ast.indexSignatures.length === 0
    const type = this.inline(ast, "")
    return isInterface ? `${said}export interface ${name} ${type}\n` : `${said}export type ${name} = ${type}\n`
  }

  /** A name where there is one. */
  private type(ast: AST.AST, indent: string): string {
    const known = this.names.get(ast)
    if (known !== undefined) return known
    const identifier = AST.resolveIdentifier(ast)
    if (identifier === undefined) return this.inline(ast, indent)
    if (!this.sources.has(identifier)) this.add(identifier, { ast })
    return identifier
  }

  private inline(ast: AST.AST, indent: string): string {
    switch (ast._tag) {
      case "String":
      case "TemplateLiteral":
        return "string"
      case "Number":
        return "number"
      case "Boolean":
        return "boolean"
      case "Null":
        return "null"
      case "Undefined":
        return "undefined"
      case "Unknown":
      case "Any":
        return "unknown"
      case "Literal":
        return JSON.stringify(ast.literal)
      case "Declaration":
        if (ast.run !== AST.Json.run) throw new Error("No plain TypeScript for a declared type other than Json")
        return "Json"
      case "Suspend":
        return this.type(ast.thunk(), indent)
      case "Arrays":
        return this.array(ast, indent)
      case "Objects":
        return this.object(ast, indent)
      case "Union":
        return [...new Set(ast.types.map((type) => this.type(type, indent)))].join(" | ")
      default:
        throw new Error(`No plain TypeScript for ${ast._tag}`)
    }
  }

  private array(ast: AST.Arrays, indent: string): string {
    const [rest, ...more] = ast.rest
    if (rest === undefined) return `readonly [${ast.elements.map((type) => this.type(type, indent)).join(", ")}]`
    if (ast.elements.length > 0 || more.length > 0) throw new Error("No plain TypeScript for an open tuple")
    return `ReadonlyArray<${this.type(rest, indent)}>`
  }

  private object(ast: AST.Objects, indent: string): string {
    const inner = `${indent}  `
    const fields = ast.propertySignatures.map(({ name, type }) => {
      const isOptional = type.context?.isOptional === true
      const said = comment(type.context?.annotations?.description ?? AST.resolveDescription(type), inner)
      return `${said}${inner}readonly ${quoted(name)}${isOptional ? "?" : ""}: ${this.type(type, inner)}`
    })
    const indexes = ast.indexSignatures.map(({ type }) => `${inner}readonly [key: string]: ${this.type(type, inner)}`)
    return `{\n${[...fields, ...indexes].join("\n")}\n${indent}}`
  }
}
