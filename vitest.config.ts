import { defineConfig } from "vitest/config"

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
