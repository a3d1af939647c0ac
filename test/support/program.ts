// The programs under test: bundled where the run has bundled them (serverBundle.ts), else from the sources.
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")

/** Arguments of Node. */
export const program = (name: "main" | "cli"): ReadonlyArray<string> => {
  const { SERVER_BUNDLE } = process.env
  return SERVER_BUNDLE === undefined ? [join(root, `src/${name}.ts`)] : [join(SERVER_BUNDLE, `${name}.js`)]
}

/** Their NODE_COMPILE_CACHE, if the run has one: it ends with the bundle. */
export const compileCache = (): string | undefined => {
  const { NODE_COMPILE_CACHE, SERVER_BUNDLE } = process.env
  return NODE_COMPILE_CACHE === undefined || SERVER_BUNDLE === undefined
    ? NODE_COMPILE_CACHE
    : join(SERVER_BUNDLE, "compiled")
}
