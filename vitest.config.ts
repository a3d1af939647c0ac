import { join } from "node:path"
import { defineConfig } from "vitest/config"

// Workers and the servers that tests start load what the ones before them compiled: they start a third quicker. For a server that
// is to stay up that is no bargain: its code runs some 6 % slower then. Coverage of such code is less exact.
if (!process.argv.includes("--coverage")) {
  process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules", ".cache", "confab")
}

// What is polled for is a fact that comes: the second that polling takes by default is luck on a busy machine.
const time = { testTimeout: 30_000, hookTimeout: 60_000, expect: { poll: { timeout: 15_000 } } }

/** Several servers that watch each other's pulse: they have the machine to themselves, or take each other for dead. */
const installations = ["test/cluster/**/*.test.ts", "test/faults/**/*.test.ts"]

export default defineConfig({
  test: {
    globalSetup: ["test/support/postgres.ts", "test/support/firstStart.ts", "test/web/support/chromium.ts"],
    coverage: { provider: "v8", include: ["src/**"], reporter: ["text-summary", "html"] },
    projects: [
      {
        test: {
          ...time,
          name: "confab",
          include: ["test/**/*.test.ts"],
          exclude: installations,
          // More than the two cores that it shall run on: many tests wait for other processes most of their time.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...time, name: "installations", include: installations, maxWorkers: 2, sequence: { groupOrder: 1 } } },
    ],
  },
})
