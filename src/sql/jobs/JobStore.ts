// The service, with its implementations. shape.ts defines what it does.
import { Context, Layer } from "effect"
import { makeMemoryJobs } from "./memory.ts"
import { makeJobs } from "./postgres.ts"
import type { JobStoreShape } from "./shape.ts"

export * from "./shape.ts"

export class JobStore extends Context.Service<JobStore, JobStoreShape>()("confab/sql/jobs/JobStore") {
  static readonly layer = Layer.effect(JobStore, makeJobs)
  static readonly layerMemory = Layer.effect(JobStore, makeMemoryJobs)
}
