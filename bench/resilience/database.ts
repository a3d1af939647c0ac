// PostgreSQL is stopped, crashed and frozen under load: measures how long callers wait, and when acknowledgements
// resume.
import { Caller } from "../../test/resilience/Caller.ts"
import { Person } from "../../test/support/person.ts"
import { type Measure, pause, type Row, until, within } from "./Row.ts"
import { Stage } from "./Stage.ts"

export const database: Measure = async () => {
  await using stage = await Stage.set()
  const { postgres, server } = stage
  const people = await Promise.all(Array.from({ length: 6 }, () => Person.signUp(server.url)))
  const [owner, ...others] = people as [Person, ...Array<Person>]
  const chat_id = await owner.group("A group", ...others)
  const away: Readonly<Record<string, () => Promise<void>>> = {
    "stopped for 3 s": async () => {
      await postgres.stop()
      await pause(3_000)
      await postgres.start()
    },
    crashed: () => postgres.crash(),
    "frozen for 8 s": async () => {
      const thaw = await postgres.freeze()
      await pause(8_000)
      thaw()
    },
  }
  const rows: Array<Row> = []
  for (const [name, fault] of Object.entries(away)) {
    const acknowledging = [
      ...(await Promise.all(people.map((person) => Caller.overSocket(person, chat_id)))),
      ...people.map((person) => Caller.overHttp(person, chat_id)),
    ]
    const all = [...acknowledging, ...people.map((person) => Caller.reading(person, chat_id))]
    await until(() => all.every(({ done }) => done > 3), 20_000, "the load")
    await fault()
    const back = performance.now()
    await until(() => acknowledging.some(({ lastDone }) => lastDone > back), 20_000, "an acknowledgement")
    const first = Math.min(...acknowledging.map(({ lastDone }) => lastDone).filter((last) => last > back)) - back
    await until(() => all.every(({ lastDone }) => lastDone > back), 20_000, "everybody's answer")
    const everybody = performance.now() - back
    await Promise.all(all.map((caller) => caller.stop()))
    const surprises = all.reduce((sum, caller) => sum + caller.surprises.length, 0)
    const told = `, ${all.reduce((sum, { refused }) => sum + refused, 0)} refusals`
    rows.push(
      within(`PostgreSQL ${name}: first acknowledgement once it is back`, 3_000, [first]),
      within(`PostgreSQL ${name}: everybody answered`, 10_000, [everybody]),
      within(
        `PostgreSQL ${name}: longest wait of ${all.length} callers`,
        5_000,
        all.map(({ longestWait }) => longestWait),
        told,
      ),
    )
    if (surprises > 0) {
      rows.push({ what: "answers that make no sense", promised: "0", measured: String(surprises), kept: false })
    }
  }
  return rows
}
