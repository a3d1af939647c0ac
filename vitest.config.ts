import { join } from "node:path"
import { defineConfig } from "vitest/config"
import { LongFirst } from "./test/support/LongFirst.ts"
import { installations, servers, unit } from "./test/support/testFiles.ts"

// Workers and the servers that tests start load what the ones before them compiled: they start a third quicker. For a server that
// is to stay up that is no bargain: its code runs some 6 % slower then. Coverage of such code is less exact.
if (!process.argv.includes("--coverage")) {
  process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules", ".cache", "confab")
}

const common = {
  testTimeout: 60_000,
  // A server starts in two seconds, and in a minute where much else runs.
  hookTimeout: 120_000,
  // What is polled for is a fact that comes: the second that polling takes by default is luck on a busy machine.
  expect: { poll: { timeout: 15_000 } },
  // A worker loads Effect and the sources once, which takes 2.5 s of processor time, and not once for each of its files.
  isolate: false,
}

/** A test that waits, for a browser or a server, leaves its share of two cores to two others. */
const together = { maxWorkers: 3, sequence: { groupOrder: 0 } }

export default defineConfig({
  test: {
    globalSetup: ["test/support/setup.ts"],
    sequence: { sequencer: LongFirst },
    coverage: { provider: "v8", include: ["src/**"], reporter: ["text-summary", "html"] },
    projects: [
      // What happens in the worker's own process.
      { test: { ...common, ...together, name: "unit", include: [...unit] } },
      // These start servers and browsers.
      { test: { ...common, ...together, name: "servers", include: [...servers] } },
      // They run when the others are done: servers that get no processor time for seconds take each other for dead.
      {
        test: {
          ...common,
          name: "installations",
          include: [...installations],
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
