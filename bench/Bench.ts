// One server under test for all works: its database, its processes, and its measurements.
import { randomBytes } from "node:crypto"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Mark, Report } from "./Job.ts"
import type { Kind } from "./Kind.ts"
import type { Options } from "./Options.ts"
import type { Outcome } from "./Outcome.ts"
import { runJob } from "./runJob.ts"
import { Server } from "./Server.ts"
import { countMessages, type Store } from "./Store.ts"
import type { NamedWork } from "./works.ts"

export const resultsDirectory = join(import.meta.dirname, "results")
const secret = randomBytes(32).toString("hex")

export class Bench {
  readonly kind: Kind
  readonly #store: Store
  readonly #options: Options
  #messages = 0

  private constructor(kind: Kind, store: Store, options: Options) {
    this.kind = kind
    this.#store = store
    this.#options = options
  }

  /** The server creates its tables at a first start that is not measured; then they are filled. */
  static async prepare(kind: Kind, store: Store, options: Options): Promise<Bench> {
    const bench = new Bench(kind, store, options)
    const server = await bench.#start()
    await server.stop()
    await store.run(...kind.seed(options.archiveRows))
    await store.run("vacuum analyze")
    bench.#messages = await countMessages(store)
    return bench
  }

  async run({ name, work }: NamedWork, round: number): Promise<Outcome> {
    const outcome = { work: name, server: this.kind.name, round }
    if (work === undefined) return { ...outcome, startUps: await this.#startUps(3) }
    const server = await this.#start()
    const memory: Partial<Record<Mark, { readonly rss: number; readonly heap: number }>> = {}
    const profile = join(resultsDirectory, "profiles", `${this.#options.name}-${name}-${this.kind.name}.cpuprofile`)
    const onMark = async (mark: Mark) => {
      if (mark === "before" || mark === "connected") memory[mark] = await server.ask({ type: "memory" })
      else if (this.#options.profile && mark === "measuring") await server.ask({ type: "profile" })
      else if (this.#options.profile && mark === "measured") await server.ask({ type: "profiled", path: profile })
    }
    if (this.#options.profile) mkdirSync(join(resultsDirectory, "profiles"), { recursive: true })
    const { seconds, warmUp } = this.#options
    const job = { work, port: server.port, pid: server.pid, dialect: this.kind.dialect, secret, warmUp, seconds }
    let report: Report
    try {
      report = await runJob({ ...job, label: `${name}-${round}` }, onMark)
    } finally {
      await server.stop()
    }
    const messages = await countMessages(this.#store)
    const rows = messages - this.#messages
    this.#messages = messages
    const { before, connected } = memory
    const sockets = work.kind === "connect" && work.measure === "memory" ? work.sockets : undefined
    return {
      ...outcome,
      startUps: [server.startUp],
      report,
      rows,
      ...(before === undefined || connected === undefined || sockets === undefined
        ? {}
        : { memory: { rss: (connected.rss - before.rss) / sockets, heap: (connected.heap - before.heap) / sockets } }),
    }
  }

  #start(): Promise<Server> {
    return Server.start(this.kind, this.#store.env, secret)
  }

  async #startUps(times: number): Promise<ReadonlyArray<number>> {
    const startUps: Array<number> = []
    while (startUps.length < times) {
      const server = await this.#start()
      startUps.push(server.startUp)
      await server.stop()
    }
    return startUps
  }
}
