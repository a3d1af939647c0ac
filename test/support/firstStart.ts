// One first start of the embedded database for all tests of a run: it takes PGlite seconds, and a copy of what it made does not (dataDir.ts).
// What a first start is like in an empty directory is tested in test/sql/database.test.ts and test/config/Process.test.ts.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Layer } from "effect"
import { Database } from "../../src/sql/database/Database.ts"

export default async (): Promise<() => void> => {
  const directory = mkdtempSync(join(tmpdir(), "confab-started-"))
  await Effect.runPromise(Effect.scoped(Layer.build(Database.layerEmbedded(directory))))
  process.env.STARTED_DATA_DIR = directory
  return () => rmSync(directory, { recursive: true, force: true })
}
