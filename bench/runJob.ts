// Runs one job of the load generator, in a process of its own, on its own core.
import { join } from "node:path"
import { onEnd } from "./Cleanup.ts"
import type { FromLoad, Job, Mark, Report, ToLoad } from "./Job.ts"
import { spawnOnCore } from "./Server.ts"

export const runJob = async (job: Job, onMark: (mark: Mark) => Promise<void>): Promise<Report> => {
  const child = spawnOnCore(1, [join(import.meta.dirname, "load", "main.ts")], { PATH: process.env.PATH })
  const kill = onEnd(() => {
    child.kill("SIGKILL")
  })
  let said = ""
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2_000)
  })
  const tell = (message: ToLoad) => child.send(message)
  try {
    return await new Promise<Report>((resolve, reject) => {
      child.on("message", (message: FromLoad) => {
        switch (message.type) {
          case "mark":
            onMark(message.mark).then(() => tell({ type: "go" }), reject)
            break
          case "done":
            resolve(message.report)
            break
          case "failed":
            reject(new Error(message.reason))
            break
        }
      })
      child.on("exit", (status) => reject(new Error(`the load generator ended (${status}) ${said}`)))
      tell({ type: "job", job })
    })
  } finally {
    await kill()
  }
}
