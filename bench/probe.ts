// Preloaded into every server under test (`node --import`): reports memory to its parent, and profiles on demand. It
// listens on the process channel only and does nothing unless requested.
import { writeFileSync } from "node:fs"
import { Session } from "node:inspector/promises"

export type ToProbe =
  | { readonly type: "memory" }
  | { readonly type: "profile" }
  | { readonly type: "profiled"; readonly path: string }
/** Bytes after a garbage collection; `heap`: objects and buffers. */
export type FromProbe = { readonly rss: number; readonly heap: number }

let session: Session | undefined

const answer = async (message: ToProbe): Promise<FromProbe> => {
  switch (message.type) {
    case "memory":
      for (let round = 0; round < 3; round++)
        await globalThis.gc?.({ type: "major", execution: "async", flavor: "last-resort" })
      break
    case "profile":
      session = new Session()
      session.connect()
      await session.post("Profiler.enable")
      await session.post("Profiler.setSamplingInterval", { interval: 200 })
      await session.post("Profiler.start")
      break
    case "profiled": {
      const { profile } = (await session?.post("Profiler.stop")) ?? {}
      session?.disconnect()
      writeFileSync(message.path, JSON.stringify(profile))
      break
    }
  }
  const { heapUsed, rss, external, arrayBuffers } = process.memoryUsage()
  return { rss, heap: heapUsed + Math.max(external, arrayBuffers) }
}

process.on("message", (message: ToProbe) => {
  void answer(message).then((reply) => process.send?.(reply))
})
// The benchmark has ended: its servers must end too.
process.on("disconnect", () => process.exit(1))
process.channel?.unref()
