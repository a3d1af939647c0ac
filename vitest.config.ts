import { join } from "node:path"
import { defineConfig } from "vitest/config"

// Workers and the servers that tests start load what the ones before them compiled: they start a third quicker. For a server that
// is to stay up that is no bargain: its code runs some 6 % slower then. Coverage of such code is less exact.
if (!process.argv.includes("--coverage")) {
  process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules", ".cache", "confab")
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/postgres.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // More than the two cores that it shall run on: many tests wait for other processes most of their time.
    maxWorkers: 3,
    coverage: { provider: "v8", include: ["src/**"], reporter: ["text-summary", "html"] },
  },
})
