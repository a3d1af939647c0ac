// What the tests of a run share is started concurrently before the first of them and ended after the last. Unit tests need none of it.
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import type { TestProject } from "vitest/node"
import unpackChromium from "../web/support/chromium.ts"
import firstStart from "./firstStart.ts"
import postgres from "./postgres.ts"
import bundleServer from "./serverBundle.ts"

/** Servers under test serve the page as its sources say. In a process of its own: a build occupies a core for seconds. */
const buildPage = async (): Promise<void> => {
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, "../../scripts/build-page.ts")])
}

/** Does this run have tests alone that need nothing but their own process? */
const isUnitRun = ({ vitest }: TestProject): boolean => vitest.projects.every(({ name }) => name === "unit")

export default async (project: TestProject): Promise<(() => Promise<void>) | undefined> => {
  if (isUnitRun(project)) return undefined
  const started = await Promise.allSettled([
    postgres(project),
    firstStart(),
    unpackChromium(),
    buildPage(),
    bundleServer(project),
  ])
  const end = async (): Promise<void> => {
    for (const one of started) if (one.status === "fulfilled") await one.value?.()
  }
  for (const one of started) {
    if (one.status === "fulfilled") continue
    await end()
    throw one.reason
  }
  return end
}
