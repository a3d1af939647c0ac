// One run: a real server on a real PostgreSQL, many clients, faults one after the other; at the end everything is
// gathered and checked.
import { Person } from "../support/person.ts"
import { Server } from "../support/server.ts"
import { check } from "./check.ts"
import { allFaults, type Fault, faults, type Scene } from "./faults.ts"
import { gather } from "./gather.ts"
import type { History } from "./History.ts"
import { Host } from "./Host.ts"
import { Postgres } from "./Postgres.ts"
import { Random } from "./Random.ts"
import { RoamingDevice } from "./RoamingDevice.ts"
import { Talker } from "./Talker.ts"

export interface RunOptions {
  readonly seed: number
  readonly seconds: number
  readonly log?: (line: string) => void
}

export interface Report {
  readonly seed: number
  readonly violations: ReadonlyArray<string>
  readonly history: History
  readonly faults: ReadonlyMap<Fault, number>
  /** After each kind of fault: milliseconds from its end to the next acknowledgement, at worst. */
  readonly recovery: ReadonlyMap<Fault, number>
  readonly connections: number
  readonly closeCodes: ReadonlyMap<number, number>
  /** Guests let in and out. */
  readonly moves: number
  readonly longestWait: number
}

const people = 8
const devicesEach = 2
const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** Waits for a fact; false when it did not come about in time. */
const until = async (fact: () => boolean, timeout: number): Promise<boolean> => {
  const deadline = performance.now() + timeout
  while (!fact()) {
    if (performance.now() > deadline) return false
    await pause(10)
  }
  return true
}

const createChats = async (everybody: ReadonlyArray<Person>, random: Random) => {
  const names = new Map<number, string | null>()
  const membersOf = new Map<number, ReadonlyArray<Person>>()
  for (let i = 0; i < 4; i++) {
    const members = i === 0 ? everybody : random.shuffle(everybody).slice(0, random.between(3, people - 1))
    const [owner, ...others] = members as [Person, ...Array<Person>]
    const id = await owner.group(`Chat ${i}`, ...others)
    names.set(id, `Chat ${i}`)
    membersOf.set(id, members)
  }
  for (let i = 0; i + 1 < people; i += 2) {
    const [one, other] = everybody.slice(i, i + 2) as [Person, Person]
    const id = await one.privateChat(other)
    names.set(id, null)
    membersOf.set(id, [one, other])
  }
  return { names, membersOf }
}

/**
 * Deals all faults in random order, again and again until `end`, but each once at least, however slow the machine is.
 * Each is followed by an acknowledgement before the next one.
 */
const makeTrouble = async (scene: Scene, talkers: ReadonlyArray<Talker>, end: number, log: (line: string) => void) => {
  const counts = new Map<Fault, number>()
  const recovery = new Map<Fault, number>()
  const violations: Array<string> = []
  while (performance.now() < end)
    for (const fault of scene.random.shuffle(allFaults)) {
      await pause(scene.random.between(100, 600))
      if (performance.now() > end && counts.size === allFaults.length) break
      const began = performance.now()
      await faults[fault](scene)
      const over = performance.now()
      log(`${fault} (${Math.round(over - began)} ms)`)
      counts.set(fault, (counts.get(fault) ?? 0) + 1)
      const recovered = await until(() => talkers.some((talker) => talker.lastAck > over), 15_000)
      if (!recovered) violations.push(`no acknowledgement within 15 s after: ${fault}`)
      recovery.set(fault, Math.max(recovery.get(fault) ?? 0, performance.now() - over))
    }
  return { counts, recovery, violations }
}

export const run = async ({ seed, seconds, log = () => {} }: RunOptions): Promise<Report> => {
  const random = new Random(seed)
  await using postgres = await Postgres.start()
  await using server = await Server.start({
    databaseUrl: postgres.url,
    env: { LOG_LEVEL: "Warn", LOG_FORMAT: "pretty" },
  })
  const everybody = await Promise.all(Array.from({ length: people }, (_, i) => Person.signUp(server.url, `f${i}`)))
  const { names, membersOf } = await createChats(everybody, random)
  const guests = await Promise.all([0, 1].map((i) => Person.signUp(server.url, `guest${i}`)))
  const owners = [...membersOf].filter(([id]) => names.get(id) !== null)
  const hosts = owners.slice(0, 2).map(([id, [owner]]) => new Host(owner as Person, id, guests, random.fork()))
  const residents = everybody.flatMap((person, i) =>
    Array.from({ length: devicesEach }, (_, j) => new RoamingDevice(person, `device ${i}.${j}`, names)),
  )
  const visitors = guests.map((person, i) => new RoamingDevice(person, `guest ${i}`, undefined))
  const devices = [...residents, ...visitors]
  try {
    await Promise.all(devices.map((device) => device.start()))
    const hosting = hosts.map((host) => host.run())
    const talkers = everybody.map(
      (person) =>
        new Talker(
          person,
          devices.filter((device) => device.person === person),
          random.fork(),
        ),
    )
    const talking = talkers.map((talker, i) => {
      const person = everybody[i] as Person
      return talker.run(
        [...membersOf].filter(([, members]) => members.includes(person)).map(([id]) => id),
        3,
      )
    })
    log(`${people} people with ${devices.length} devices in ${names.size} chats talk`)
    const trouble = await makeTrouble(
      { server, postgres, devices, random: random.fork(), log },
      talkers,
      performance.now() + seconds * 1_000,
      log,
    )
    log("no more faults: everything must be acknowledged and everybody in sync")
    for (const host of hosts) host.stop()
    for (const talker of talkers) talker.stop(performance.now() + 20_000)
    await Promise.all([...talking, ...hosting])
    const database = await gather(postgres, [...everybody, ...guests])
    const inSync = () =>
      devices.every(
        (device) =>
          device.isLive &&
          [...device.chats.values()].every(
            (chat) => chat.version === database.chats.find((each) => each.id === chat.chat_id)?.version,
          ),
      )
    await until(inSync, 15_000)
    const history: History = {
      ...database,
      sent: talkers.flatMap((talker) => talker.sent),
      changes: talkers.flatMap((talker) => talker.changes),
      readAcks: talkers.flatMap((talker, i) =>
        [...talker.readAcks].map(([chat_id, acks]) => ({ chat_id, user_id: (everybody[i] as Person).id, acks })),
      ),
      devices: devices.map((device) => device.history()),
    }
    const closeCodes = new Map<number, number>()
    for (const device of devices)
      for (const [code, count] of device.closeCodes) closeCodes.set(code, (closeCodes.get(code) ?? 0) + count)
    return {
      seed,
      violations: [
        ...trouble.violations,
        ...talkers.flatMap((talker) => talker.violations),
        ...hosts.flatMap((host) => host.violations),
        ...check(history),
      ],
      history,
      faults: trouble.counts,
      recovery: trouble.recovery,
      connections: devices.reduce((sum, device) => sum + device.connections, 0),
      closeCodes,
      moves: hosts.reduce((sum, host) => sum + host.moves, 0),
      longestWait: Math.max(...talkers.map((talker) => talker.longestWait)),
    }
  } finally {
    await Promise.all(devices.map((device) => device.stop()))
    if (process.env.FAULTS_LOGS !== undefined) console.log(server.logs)
  }
}
