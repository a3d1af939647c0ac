// One run: a real server, or several, on a real PostgreSQL, many clients, faults one after the other; at the end everything is
// gathered and checked.
import { Person } from "../support/person.ts"
import { check } from "./check.ts"
import { clientFaults } from "./faults.ts"
import { due, gather, loadFrom, loadStateFrom } from "./gather.ts"
import type { History } from "./History.ts"
import { Host } from "./Host.ts"
import { Postgres } from "./Postgres.ts"
import { Pulse } from "./Pulse.ts"
import { Random } from "./Random.ts"
import { RoamingDevice } from "./RoamingDevice.ts"
import { Silence } from "./Silence.ts"
import { setStage } from "./Stage.ts"
import { stirred } from "./stir.ts"
import { Talker } from "./Talker.ts"
import { makeTrouble, until } from "./trouble.ts"

export interface RunOptions {
  readonly seed: number
  readonly seconds: number
  /** One: a server that is alone; more: a cluster. */
  readonly nodes?: number
  /** Which faults, of those that there are. */
  readonly only?: (fault: string) => boolean
  /** Faults of nodes take no longer than they must. */
  readonly brisk?: boolean
  readonly log?: (line: string) => void
}

export interface Report {
  readonly seed: number
  readonly nodes: number
  readonly violations: ReadonlyArray<string>
  readonly history: History
  /** How often each was dealt. */
  readonly faults: ReadonlyMap<string, number>
  /** By kind of fault: the longest time in which a chat did not answer, milliseconds. */
  readonly silences: ReadonlyMap<string, number>
  readonly connections: number
  readonly closeCodes: ReadonlyMap<number, number>
  /** Guests let in and out. */
  readonly moves: number
  readonly longestWait: number
  /** The longest time without an outage of Redis, milliseconds; 0: there were to be none. */
  readonly longestPause: number
}

const people = 8
const devicesEach = 2

const createChats = async (everybody: ReadonlyArray<Person>, random: Random) => {
  const names = new Map<number, string | null>()
  const membersOf = new Map<number, ReadonlyArray<Person>>()
  const pairs = new Map<number, readonly [Person, Person]>()
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
    pairs.set(id, [one, other])
  }
  for (const person of everybody.slice(0, 2)) {
    const { id } = await person.ok("POST", "/chats", { type: "saved" })
    names.set(id, null)
    membersOf.set(id, [person])
  }
  return { names, membersOf, pairs }
}

export const run = async ({
  seed,
  seconds,
  nodes = 1,
  only = () => true,
  brisk = false,
  log = () => {},
}: RunOptions): Promise<Report> => {
  const random = new Random(seed)
  await using postgres = await Postgres.start()
  await using stage = await setStage(nodes, postgres, random.fork(), brisk)
  const everybody = await Promise.all(Array.from({ length: people }, (_, i) => Person.signUp(stage.url, `f${i}`)))
  const { names, membersOf, pairs } = await createChats(everybody, random)
  const guests = await Promise.all([0, 1].map((i) => Person.signUp(stage.url, `guest${i}`)))
  const owners = [...membersOf].filter(([id]) => names.get(id) !== null)
  const hosts = owners
    .slice(0, 2)
    .map(([id, [owner, ...members]]) => new Host(owner as Person, id, guests, members, random.fork()))
  const server = nodes === 1 ? "alone" : "many"
  const load = (chat_id: number, user_id: number) => loadFrom(postgres, chat_id, user_id)
  const loadState = (user_id: number) => loadStateFrom(postgres, user_id)
  const residents = everybody.flatMap((person, i) =>
    Array.from(
      { length: devicesEach },
      (_, j) => new RoamingDevice(person, `device ${i}.${j}`, { load, loadState, server, who: "resident" }),
    ),
  )
  const visitors = guests.flatMap((person, i) => [
    new RoamingDevice(person, `guest ${i}`, { load, loadState, server, who: "guest" }),
    ...owners
      .slice(0, 2)
      .map(
        ([id]) => new RoamingDevice(person, `guest ${i} in ${id}`, { load, loadState, server, who: "guest", only: id }),
      ),
  ])
  const devices = [...residents, ...visitors]
  const silence = new Silence(names.keys())
  const pulses = [...membersOf].map(
    ([id, [member]]) => new Pulse(member as Person, id, stage.soundUrls, random.fork(), () => silence.broken(id)),
  )
  try {
    await Promise.all(devices.map((device) => device.start()))
    const hosting = hosts.map((host) => host.run())
    const talkers = everybody.map((person) => {
      const peers = new Map(
        [...pairs].flatMap(([id, [one, other]]) =>
          person === one ? [[id, other]] : person === other ? [[id, one]] : [],
        ),
      )
      // The pulse of a private chat is of its first user, who is never refused.
      const blocked = [...pairs.values()].find(([one]) => one === person)?.[1]
      return new Talker(
        person,
        devices.filter((device) => device.person === person),
        (chat_id) => membersOf.get(chat_id) ?? [],
        peers,
        blocked,
        random.fork(),
        (chat_id) => silence.broken(chat_id),
      )
    })
    await Promise.all(talkers.map((talker) => talker.upload()))
    const talking = talkers.map((talker, i) => {
      const person = everybody[i] as Person
      return talker.run(
        [...membersOf].filter(([, members]) => members.includes(person)).map(([id]) => id),
        3,
      )
    })
    log(`${people} people with ${devices.length} devices in ${names.size} chats talk`)
    for (const pulse of pulses) pulse.start()
    const chance = random.fork()
    const stirring = random.fork()
    const faults = Object.fromEntries(
      Object.entries({ ...stage.faults(chance, log), ...clientFaults(devices, chance) })
        .filter(([name]) => only(name))
        .map(([name, deal]) => [
          name,
          stage.regular.names.includes(name) ? () => stirred(deal, devices, stirring) : deal,
        ]),
    )
    const trouble = await makeTrouble(
      faults,
      silence,
      chance,
      performance.now() + seconds * 1_000,
      stage.aftermath,
      stage.regular,
      log,
    )
    log("no more faults: everything must be acknowledged and everybody in sync")
    await stage.lastWords(async () => {
      for (const host of hosts) host.stop()
      for (const talker of talkers) talker.stop(performance.now() + 20_000)
      await Promise.all([...talking, ...hosting, ...pulses.map((pulse) => pulse.stop())])
    })
    await until(async () => (await stage.unready()).length === 0, 20_000)
    const unready = await stage.unready()
    // What is not sent by then is found by the checker.
    await until(async () => (await due(postgres)) === 0, 20_000)
    const database = await gather(postgres, [...everybody, ...guests])
    const stateOf = ({ person }: RoamingDevice) => database.states?.get(person.id)?.version ?? 0
    const inSync = () =>
      devices.every(
        (device) =>
          (device.isLive || device.isOut) &&
          device.hasLoaded &&
          (device.stateVersion ?? stateOf(device)) === stateOf(device) &&
          [...device.chats.values()].every(
            (chat) => chat.stands === database.chats.find((each) => each.id === chat.chat_id)?.version,
          ),
      )
    await until(inSync, 15_000)
    const history: History = {
      ...database,
      sent: [...talkers, ...pulses].flatMap(({ sent }) => sent),
      changes: talkers.flatMap((talker) => talker.changes),
      stateWrites: talkers.flatMap((talker) => talker.stateWrites),
      scheduled: talkers.flatMap((talker) => talker.scheduled),
      blockWrites: [...talkers, ...hosts].flatMap(({ blockWrites }) => blockWrites),
      contacts: [...talkers, ...hosts].flatMap(({ contacts }) => contacts),
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
      nodes,
      violations: [
        ...unready.map((who) => `${who} is not ready after the last fault`),
        ...trouble.violations,
        ...talkers.flatMap((talker) => talker.violations),
        ...hosts.flatMap((host) => host.violations),
        ...check(history),
      ],
      history,
      faults: trouble.counts,
      silences: trouble.silences,
      connections: devices.reduce((sum, device) => sum + device.connections, 0),
      closeCodes,
      moves: hosts.reduce((sum, host) => sum + host.moves, 0),
      longestPause: trouble.longestPause,
      longestWait: Math.max(...talkers.map((talker) => talker.longestWait)),
    }
  } finally {
    await Promise.all([...devices, ...pulses].map((client) => client.stop()))
    if (process.env.FAULTS_LOGS !== undefined) console.log(stage.logs())
  }
}
