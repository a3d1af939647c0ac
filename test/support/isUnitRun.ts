import type { TestProject } from "vitest/node"

/** Does this run have tests alone that need nothing but their own process? What others need is not started then. */
export const isUnitRun = ({ vitest }: TestProject): boolean => vitest.projects.every(({ name }) => name === "unit")
