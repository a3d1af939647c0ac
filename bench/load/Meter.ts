// Reads the processor time of the server's process and of this one.
import { readdirSync, readFileSync } from "node:fs"
import type { Measured } from "../Job.ts"

/** Nanoseconds that all threads of a process have run; undefined where the system does not report it. */
export const cpuNanoseconds = (pid: number): number | undefined => {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.reduce((sum, id) => {
      const [ran = ""] = readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")
      return sum + Number(ran)
    }, 0)
  } catch {
    return undefined
  }
}

const together = (pids: ReadonlyArray<number>): number | undefined =>
  pids.map(cpuNanoseconds).reduce((sum, each) => (sum === undefined || each === undefined ? undefined : sum + each))

/** Begins a measurement; the returned function ends it. */
export const measure = (...pids: readonly [number, ...ReadonlyArray<number>]): (() => Measured) => {
  const server = together(pids)
  const own = process.cpuUsage()
  const from = performance.now()
  return () => {
    const seconds = (performance.now() - from) / 1000
    const until = together(pids)
    const used = process.cpuUsage(own)
    return {
      seconds,
      serverCpu: server === undefined || until === undefined ? undefined : (until - server) / 1e9,
      loadBusy: (used.user + used.system) / 1e6 / seconds,
    }
  }
}
