// Imported before the server (`npm start`): what Node compiles is kept for the next start, which then takes a third less. It
// lies beside the code, where nobody else may write either, since what lies there is run; where Node may not write, it does not.
import { enableCompileCache } from "node:module"
import { join } from "node:path"

enableCompileCache(join(import.meta.dirname, "..", "..", "node_modules", ".cache", "confab"))
