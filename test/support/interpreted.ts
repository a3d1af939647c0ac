// Which parts of a schema are not compiled.
import { SchemaAST } from "effect"

/** The parts of a schema for which Effect's compiler emits no code; the decoder around one is interpreted as a whole. */
export const interpreted = (ast: SchemaAST.AST, path = ""): ReadonlyArray<string> => {
  if (ast._tag === "Declaration" || ast._tag === "Suspend" || ast.encoding !== undefined)
    return [`${path}: ${ast._tag}`]
  if (SchemaAST.isObjects(ast)) {
    return [
      ...ast.propertySignatures.flatMap(({ name, type }) => interpreted(type, `${path}.${String(name)}`)),
      ...ast.indexSignatures.flatMap(({ type }) => interpreted(type, `${path}.*`)),
    ]
  }
  if (SchemaAST.isArrays(ast)) return [...ast.elements, ...ast.rest].flatMap((item) => interpreted(item, `${path}[]`))
  return SchemaAST.isUnion(ast) ? ast.types.flatMap((type) => interpreted(type, path)) : []
}
