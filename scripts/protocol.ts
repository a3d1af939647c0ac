// Writes docs/protocol.md from the contract: npm run docs.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeProtocol } from "../src/contract/protocol.ts"

writeFileSync(join(import.meta.dirname, "../docs/protocol.md"), makeProtocol())
