// One run of files: users live random lives at once until the server is killed, it starts again on the same data, and what they were
// answered is compared with what is there.
import { Person } from "../../support/person.ts"
import { Postgres } from "../Postgres.ts"
import { Random } from "../Random.ts"
import { until } from "../trouble.ts"
import { FileCheck } from "./checkFiles.ts"
import { FileServer } from "./FileServer.ts"
import { FileUser } from "./FileUser.ts"
import { planOf } from "./kills.ts"
import { Ledger } from "./Ledger.ts"

export interface FilesOptions {
  readonly seed: number
  readonly lives: number
  /** Lives at once: each death of the server ends one life of each user. */
  readonly people: number
  readonly database: "embedded" | "postgres"
  readonly log?: (line: string) => void
}

export interface FilesReport {
  readonly seed: number
  readonly database: string
  readonly lives: number
  /** Lives that the death of the server ended. */
  readonly cut: number
  readonly kills: number
  /** Before which step, or at any moment. */
  readonly moments: ReadonlyMap<string, number>
  readonly counts: ReadonlyMap<string, number>
  readonly downloads: number
  /** Whole checks. */
  readonly checks: number
  readonly violations: ReadonlyArray<string>
  readonly seconds: number
}

/** Between two whole checks, kills. */
const checkEvery = 20
/** Actions of a life. */
const [fewest, most] = [3, 9]
/** A server that was to die at a step that nobody reached lives no longer than this. */
const longestRound = 20_000

const anyMoment = "at any moment"

const createChats = async (host: Person, everybody: ReadonlyArray<Person>, random: Random, ledger: Ledger) => {
  for (const members of [everybody, random.shuffle(everybody).slice(0, 4), random.shuffle(everybody).slice(0, 3)]) {
    ledger.members.set(await host.group("Files", ...members), members)
  }
}

/** In place of users who have deleted their account: new ones, in the same chats. */
const replaceLeft = async (users: Array<FileUser>, host: Person, ledger: Ledger, random: Random): Promise<void> => {
  for (const [i, { isLeaving, person }] of users.entries()) {
    if (!isLeaving) continue
    const chats = [...ledger.members].filter(([, members]) => members.includes(person)).map(([id]) => id)
    ledger.leave(person)
    const next = await Person.signUp(host.base, "file")
    await host.found(next)
    for (const chat_id of chats) {
      await host.ok("POST", `/chats/${chat_id}/members`, { user_ids: [next.id] })
      ledger.members.set(chat_id, [...(ledger.members.get(chat_id) ?? []), next])
    }
    users[i] = new FileUser(next, ledger, random.fork())
  }
}

/** Access tokens end after 15 minutes. */
const renewEvery = 300_000

const renew = (everybody: ReadonlyArray<Person>) => Promise.all(everybody.map((person) => person.logIn()))

export const runFiles = async ({
  database,
  lives,
  log = () => {},
  people,
  seed,
}: FilesOptions): Promise<FilesReport> => {
  const began = performance.now()
  const random = new Random(seed)
  await using postgres = database === "postgres" ? await Postgres.start() : undefined
  await using server = await FileServer.start(postgres?.url)
  const signUp = (name: string) => Person.signUp(server.server.url, name)
  const [host, stranger] = [await signUp("host"), await signUp("stranger")]
  const ledger = new Ledger()
  const everybody = await Promise.all(Array.from({ length: people }, () => signUp("file")))
  await createChats(host, everybody, random, ledger)
  const users = everybody.map((person) => new FileUser(person, ledger, random.fork()))
  const check = new FileCheck(server, ledger, stranger, random.fork())
  const plan = planOf(random.fork())
  const lengths = random.fork()
  const moments = new Map<string, number>()
  let lived = 0
  let renewed = began
  let cut = 0
  let checks = 0

  const checkAll = async () => {
    await server.collectAll(host, stranger)
    await check.everything()
    checks++
  }

  while (lived < lives) {
    ledger.round++
    const start = performance.now()
    const kill = plan.next().value
    await server.age()
    if (typeof kill !== "number") server.arm(kill)
    let isTimed = false
    const killInTime = () => {
      isTimed = true
      void server.server.kill9()
    }
    const timer = setTimeout(killInTime, typeof kill === "number" ? kill : longestRound)
    // The server may die before it answers.
    const collecting = server.beginCollection(host, stranger).then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    const some = users.slice(0, Math.min(people, lives - lived))
    const ended = await Promise.all(some.map((user) => user.live(lengths.between(fewest, most))))
    const isWhole = ended.every((whole) => whole)
    const refused = await collecting
    clearTimeout(timer)
    // A life ends with the server, or when an answer takes too long.
    const isDead = (!isWhole || refused !== undefined) && (await until(() => !server.server.isRunning, 5_000))
    if (refused !== undefined && !isDead) throw refused.error
    if (!isWhole && !isDead) ledger.count("answers in vain waited for")
    const name = typeof kill === "number" || isTimed || server.server.isRunning ? anyMoment : kill.step
    moments.set(name, (moments.get(name) ?? 0) + 1)
    lived += some.length
    cut += ended.filter((whole) => !whole).length
    const killed = performance.now()
    await server.restart()
    const restarted = performance.now()
    if (restarted - renewed > renewEvery) {
      renewed = restarted
      await renew([host, stranger, ...users.filter(({ isLeaving }) => !isLeaving).map(({ person }) => person)])
    }
    await replaceLeft(users, host, ledger, random)
    await check.answered()
    if (ledger.round % checkEvery === 0) await checkAll()
    const [lasted, starting, checking] = [killed - start, restarted - killed, performance.now() - restarted].map(
      Math.round,
    )
    const how = name === anyMoment ? name : `before: ${name}`
    log(`${lived} lives (${lasted} ms), killed ${how}; started in ${starting} ms, checked in ${checking} ms`)
  }
  await checkAll()
  return {
    seed,
    database,
    lives: lived,
    cut,
    kills: ledger.round,
    moments,
    counts: ledger.counts,
    downloads: check.downloads,
    checks,
    violations: ledger.violations,
    seconds: (performance.now() - began) / 1_000,
  }
}

const listOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([what, count]) => `${what}: ${count}`)
    .join(", ")

export const filesText = (report: FilesReport): string =>
  [
    `seed ${report.seed}, ${report.database}: ${report.lives} lives, ${report.kills} kills in ${Math.round(report.seconds)} s; ${report.cut} lives ended by them`,
    listOf(report.counts),
    `killed before a step, or ${anyMoment}: ${listOf(report.moments)}`,
    `${report.checks} checks of everything after a collection, ${report.downloads} downloads compared`,
    report.violations.length === 0 ? "no promise broken" : `${report.violations.length} BROKEN PROMISES`,
    ...report.violations.slice(0, 30),
  ].join("\n")
