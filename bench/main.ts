// Runs the benchmark: every work on every server, one after the other, and writes the results.
import { Bench } from "./Bench.ts"
import { cleanUp, cleanUpOnSignals, isEnding } from "./Cleanup.ts"
import { describe } from "./describe.ts"
import { kinds } from "./Kind.ts"
import { type Options, readOptions } from "./Options.ts"
import { isSound, type Outcome } from "./Outcome.ts"
import { type Postgres, postgres } from "./Postgres.ts"
import { writeResults } from "./results.ts"
import { makeStore } from "./Store.ts"
import { worksOf } from "./works.ts"

const reason = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const run = async (options: Options): Promise<boolean> => {
  const from = performance.now()
  const works = worksOf(options)
  const chosen = kinds.filter(({ name }) => options.servers.includes(name))
  let shared: Promise<Postgres> | undefined
  const database = () => (shared ??= postgres())

  const benches: Array<Bench> = []
  for (const kind of chosen) {
    if (kind.database === "embedded" && !works.some((work) => work.embedded)) continue
    process.stdout.write(`preparing ${kind.title} … `)
    try {
      benches.push(await Bench.prepare(kind, await makeStore(kind, database), options))
      console.log("ready")
    } catch (cause) {
      if (isEnding()) return false
      console.log(`left out: ${reason(cause)}`)
    }
  }

  const outcomes: Array<Outcome> = []
  const rounds = Array.from({ length: options.rounds }, (_, index) => index + 1)
  for (const work of works) {
    console.log(`\n${work.name}: ${work.title}`)
    for (const round of rounds) {
      for (const bench of benches) {
        if (bench.kind.database === "embedded" && !work.embedded) continue
        process.stdout.write(`  ${bench.kind.title.padEnd(26)}`)
        const outcome = await bench.run(work, round).catch(
          (cause): Outcome => ({
            work: work.name,
            server: bench.kind.name,
            round,
            startUps: [],
            error: reason(cause),
          }),
        )
        if (isEnding()) return false
        outcomes.push(outcome)
        console.log(describe(outcome))
      }
    }
  }
  const files = writeResults({
    options,
    works,
    kinds: benches.map(({ kind }) => kind),
    outcomes,
    postgres: await shared,
    minutes: (performance.now() - from) / 60_000,
  })
  console.log(`\nwrote ${files.join(", ")}`)
  return outcomes.every(isSound) && benches.length === chosen.length
}

cleanUpOnSignals()
try {
  const options = readOptions(process.argv.slice(2))
  const sound = options === undefined || (await run(options))
  if (!isEnding()) {
    await cleanUp()
    process.exit(sound ? 0 : 1)
  }
} catch (cause) {
  console.error(reason(cause))
  await cleanUp()
  process.exit(1)
}
