// One life of the whole server in this process, on in-memory tables and the test's clock: people talk while commits fail before
// or after they took place, hang or break, a second set of actors works on the same chats, devices vanish and stall, and time
// jumps. With several nodes, what they tell each other gets lost, comes late or in another order, while people connect, join, are put
// out and sync. Everything is chosen by the seed, so a run is replayed exactly. The end is judged by the checker of test/faults.
import { Clock, Context, Effect, Exit, Layer, References } from "effect"
import { TestClock } from "effect/testing"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import type { FileId } from "../../src/domain/File.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { timestamp } from "../../src/domain/Timestamp.ts"
import { Accounts } from "../../src/services/Accounts.ts"
import { Chats } from "../../src/services/Chats.ts"
import { ScheduledMessages } from "../../src/services/ScheduledMessages.ts"
import { UnreadChats } from "../../src/services/UnreadChats.ts"
import { hasBlocked, membership } from "../../src/sql/memory/Tables.ts"
import { check } from "../faults/check.ts"
import { determined } from "../faults/checkBlocks.ts"
import type { BlockWrite, History } from "../faults/History.ts"
import { Random } from "../faults/Random.ts"
import { actors, addGroup, addUsers, type Fault, Faults, send } from "../support/chat.ts"
import { storedFile } from "../support/files.ts"
import { Script } from "./Script.ts"
import { type DeviceWorld, SimulatedDevice } from "./SimulatedDevice.ts"
import { gather, loaded, mentionViolations, shows, showsState, storedState } from "./stored.ts"
import { makeWorld, type Node, runner, settle } from "./World.ts"

export interface Run {
  readonly violations: ReadonlyArray<string>
  /** The same for two runs of a seed. */
  readonly trace: string
  readonly messages: number
  readonly faults: number
  /** How often what a device holds was compared with what the server says that it adds up to. */
  readonly checks: number
  /** How much was asked of a user who had blocked the one who asked. */
  readonly blocks: number
}

const faultKinds: ReadonlyArray<Fault> = ["before", "after", "defect", "hang"]

interface Options {
  readonly seed: number
  readonly steps: number
  readonly nodes: number
}

const live = Effect.fnUntraced(function* ({ nodes: count, seed, steps }: Options) {
  const random = new Random(seed)
  const { ether, nodes, reads, tables } = yield* makeWorld(count, random)
  const [home] = nodes as [Node]
  const chats = yield* home.on(Chats)
  const twin = Context.get(yield* home.on(Layer.build(Layer.fresh(actors))), ChatActors)
  const one = yield* home.on(addGroup(3))
  const two = yield* home.on(addGroup(1))
  const three = yield* home.on(addGroup(1))
  yield* chats.addMembers(two.owner, two.chat_id, one.ids)
  yield* chats.addMembers(three.owner, three.chat_id, one.ids)
  const guests = yield* home.on(addUsers(2))
  const people = one.ids
  /** By private chat: each two of them have one, and each of them with each guest. */
  const pairs = new Map<ChatId, ReadonlyArray<UserId>>()
  const everyone = [...people, ...guests]
  for (const [i, other] of everyone.entries())
    for (const user_id of people.slice(0, i))
      pairs.set((yield* chats.openPrivate(user_id, other)).chat.id, [user_id, other])
  const chat_ids = [one.chat_id, two.chat_id]
  /** Somewhere. */
  const chatsOf = (node: Node) => Context.get(node.context, Chats)
  /** Each user's saved chat, once it is made. */
  const saved = new Map<UserId, ChatId>()
  /** A chat in which the device's user writes. */
  const chatFor = ({ user_id }: SimulatedDevice): ChatId => {
    if (random.chance(0.3) || guests.includes(user_id))
      return random.pick([...pairs].filter(([, users]) => users.includes(user_id)))[0]
    return (random.chance(0.1) ? saved.get(user_id) : undefined) ?? random.pick(chat_ids)
  }

  const files = new Map<UserId, ReadonlyArray<FileId>>()
  for (const user_id of people) {
    const own = [yield* home.on(storedFile(user_id)), yield* home.on(storedFile(user_id, { name: "hills.jpg" }))]
    files.set(
      user_id,
      own.map(({ id }) => id),
    )
  }
  for (const node of nodes) yield* node.on(Layer.build(runner))
  const script = new Script(random, pairs, files, guests)
  let planned = 0
  const world: DeviceWorld = {
    load: (chat_id, user_id) => loaded(tables, chat_id as ChatId, user_id),
    loadState: (user_id) => storedState(tables, user_id),
    onAnswer: script.onAnswer,
    hasArrived: (chat_id, user_id, seq) =>
      devices.some((device) => device.user_id === user_id && (device.chats.get(chat_id)?.lastSeq ?? 0) >= seq),
    joined: (chat_id, user_id) => membership(tables, chat_id as ChatId, user_id)?.member.joined_version,
    isAlone: count === 1,
    // What a removed member missed before shows the chat as it is now, or waits behind a replay, and is not for them.
    leavesOut: (chat_id, user_id, version, isRemoval) =>
      isRemoval || (reads.cover(chat_id, version) && !shows(tables, chat_id as ChatId, version, user_id)),
    leavesOutState: (user_id, version) => !showsState(tables, user_id, version),
  }
  const residents = people.flatMap((id, i) => [
    new SimulatedDevice(`${i}a`, id, 1, world),
    new SimulatedDevice(`${i}b`, id, 2, world),
  ])
  const visitors = guests.flatMap((id, i) => [
    new SimulatedDevice(`guest ${i}a`, id, 1, world),
    new SimulatedDevice(`guest ${i}b`, id, 2, world),
    new SimulatedDevice(`guest ${i} in chat`, id, 3, world, one.chat_id),
  ])
  const devices = [...residents, ...visitors]
  const connect = (device: SimulatedDevice) => random.pick(nodes).on(device.connect())
  for (const device of residents) yield* connect(device)
  yield* settle(5)

  /** It has all chats, and is connected. */
  const writes = ({ isLive, only }: SimulatedDevice) => isLive && only === 0

  /** Who owns it now. */
  const ownerOf = (chat_id: ChatId): UserId =>
    [...(tables.chats.get(chat_id)?.members.values() ?? [])].find(({ removed, role }) => !removed && role === "owner")
      ?.user_id ?? one.owner

  /** Guests come and go, roles change, a chat is handed over, a chat ends. */
  const changeMembers = Effect.fnUntraced(function* () {
    const guest = random.pick(guests)
    const { chat_id } = random.pick([one, one, two])
    const owner = ownerOf(chat_id)
    const service = chatsOf(random.pick(nodes))
    const dice = random.between(1, 100)
    if (dice <= 40) return yield* service.addMembers(owner, chat_id, [guest])
    if (dice <= 48) return yield* service.setRole(owner, chat_id, random.pick([guest, ...people]), "owner")
    if (dice <= 60) return yield* service.removeMember(guest, chat_id, guest)
    if (dice <= 75) return yield* service.removeMember(owner, chat_id, guest)
    if (dice <= 97) {
      const member = random.pick([guest, people[1]!])
      return yield* service.setRole(owner, chat_id, member, random.pick(["admin", "member"]))
    }
    return yield* service.remove(three.owner, three.chat_id)
  })

  /** A guest comes, and is another one soon. */
  const promote = Effect.fnUntraced(function* () {
    const guest = random.pick(guests)
    yield* chatsOf(random.pick(nodes)).addMembers(ownerOf(one.chat_id), one.chat_id, [guest])
    yield* settle(random.between(0, 6))
    yield* chatsOf(random.pick(nodes)).setRole(
      ownerOf(one.chat_id),
      one.chat_id,
      guest,
      random.pick(["admin", "member"]),
    )
  })

  const reactOn = (device: SimulatedDevice) => script.react(device, chatFor(device))

  const toggleBlock = (device: SimulatedDevice) => {
    const other = random.pick(everyone.filter((id) => id !== device.user_id))
    script.block(device, other, random.chance(0.6))
  }

  const openSaved = Effect.fnUntraced(function* (user_id: UserId) {
    const { chat } = yield* chatsOf(random.pick(nodes)).openSaved(user_id)
    saved.set(user_id, chat.id)
  })

  const schedule = Effect.fnUntraced(function* (device: SimulatedDevice) {
    const chat_id = chatFor(device)
    const message = script.later(device.user_id, chat_id)
    const at = timestamp((yield* Clock.currentTimeMillis) + random.between(0, 60_000))
    const service = Context.get(random.pick(nodes).context, ScheduledMessages)
    message.key = (yield* service.schedule(device.user_id, chat_id, { at, text: message.text })).key
  })

  const rename = (user_id: UserId) =>
    Context.get(random.pick(nodes).context, Accounts).change(user_id, { display_name: `Name ${script.count}` })

  const readAll = (user_id: UserId) => Context.get(random.pick(nodes).context, UnreadChats).readAll(user_id)

  const step = Effect.fnUntraced(function* () {
    const device = random.pick(residents)
    const chat_id = chatFor(device)
    const dice = random.between(1, 100)
    if (!device.isConnected) yield* connect(device)
    if (random.chance(0.3)) {
      const visitor = random.pick(visitors)
      if (visitor.isConnected && random.chance(0.3)) visitor.vanish()
      else if (!visitor.isConnected) yield* Effect.forkChild(connect(visitor))
    }
    if (random.chance(0.1)) random.pick(devices).resync()
    if (random.chance(0.3)) reactOn(random.pick(residents))
    if (random.chance(0.2)) toggleBlock(random.pick(residents))
    const guest = random.pick(visitors)
    if (random.chance(0.2) && writes(guest)) {
      const chat_id = chatFor(guest)
      script.attempt(guest, script.compose(guest.user_id, chat_id, guest))
      if (random.chance(0.3)) toggleBlock(guest)
      if (random.chance(0.3)) script.rewrite(guest, chat_id)
      if (random.chance(0.3)) reactOn(guest)
    }
    if (random.chance(0.3)) script.setState(random.pick(devices))
    if (random.chance(0.05)) yield* Effect.forkChild(Effect.ignoreCause(openSaved(random.pick(people))))
    if (random.chance(0.2)) yield* Effect.forkChild(Effect.ignoreCause(changeMembers()))
    if (random.chance(0.1)) yield* Effect.forkChild(Effect.ignoreCause(schedule(random.pick(residents))))
    if (random.chance(0.05)) yield* Effect.forkChild(Effect.ignoreCause(rename(random.pick(people))))
    if (random.chance(0.03)) yield* Effect.forkChild(Effect.ignoreCause(readAll(random.pick(people))))
    if (count > 1 && random.chance(0.25)) {
      ether.stir()
      // Some devices connect and some sync in the middle of it, on nodes at other versions.
      for (const other of [random.pick(devices), random.pick(residents)]) {
        if (random.chance(0.5)) other.resync()
        else {
          other.vanish()
          yield* Effect.forkChild(connect(other))
        }
      }
      // What they have just received changes, while other nodes know neither.
      yield* settle(random.between(0, 12))
      for (const other of residents) {
        if (random.chance(0.3)) script.rewrite(other, chatFor(other))
        if (random.chance(0.2)) other.reload(random.pick(chat_ids))
        if (random.chance(0.1)) script.setState(other)
      }
      if (random.chance(0.3)) yield* Effect.forkChild(Effect.ignoreCause(promote()))
    }
    if (dice <= 36) {
      for (let i = random.between(1, 4); i > 0; i--)
        script.attempt(device, script.compose(device.user_id, chat_id, device))
    } else if (dice <= 44) {
      const mine = script.sent.filter((message) => message.sender_id === device.user_id)
      if (mine.length > 0) script.attempt(device, random.pick(mine))
    } else if (dice <= 54) script.read(device, chat_id)
    else if (dice <= 70) script.rewrite(device, chat_id)
    else if (dice <= 75) device.vanish()
    else if (dice <= 78) device.stall()
    else if (dice <= 80) device.drain()
    else if (dice <= 88) {
      const faults = Context.get(random.pick(nodes).context, Faults)
      faults.next.push(random.pick(faultKinds))
      if (random.chance(0.3)) faults.states.push(random.pick(["before", "after"]))
      planned++
    } else if (dice <= 92) {
      const message = script.compose(device.user_id, chat_id)
      script.attempted(message)
      const exit = yield* Effect.forkChild(
        twin.ask(message.chat_id as ChatId, send(device.user_id, message.text, message.dedup_key)).pipe(
          Effect.map((answer) => message.acks.push(answer.message)),
          Effect.ignoreCause,
        ),
      )
      script.trace.push(`twin ${exit.id >= 0}`)
    } else if (dice <= 96) {
      const rename = chatsOf(random.pick(nodes)).change(ownerOf(one.chat_id), one.chat_id, {
        name: `n${script.count}`,
        description: script.count % 3 === 0 ? null : `about ${script.count}`,
      })
      yield* Effect.forkChild(Effect.ignoreCause(rename))
    } else yield* TestClock.adjust(random.pick([50, 500, 3_500, 30_000, 90_000]))
    yield* settle(random.between(0, 3))
  })
  for (let i = 0; i < steps; i++) yield* step()

  // Faults end, all devices reconnect, and unacknowledged requests are repeated.
  for (const { context } of nodes) {
    const faults = Context.get(context, Faults)
    faults.next.length = 0
    faults.states.length = 0
  }
  ether.calm()
  /** Who blocks whom in the end, until it is acknowledged. */
  const lastBlocks = everyone.flatMap((user_id) =>
    everyone.flatMap((blocked_id) =>
      user_id === blocked_id ? [] : [{ user_id, blocked_id, on: random.chance(0.4), tries: [] as Array<BlockWrite> }],
    ),
  )
  const unfinished = () => lastBlocks.filter(({ tries }) => tries.every(({ acked }) => acked === undefined))
  /** Nobody blocks or unblocks any more. */
  let isLast = false
  /** Neither acknowledged nor refused. */
  const open = () =>
    script.sent.filter(({ acks, blocked, refused }) => {
      const isRefused = refused !== undefined || (blocked === true && isLast)
      return acks.length === 0 && !isRefused
    })
  for (let round = 0; round < 90; round++) {
    for (const device of devices) {
      device.drain()
      if (!device.isConnected) yield* connect(device)
    }
    yield* settle(10)
    yield* TestClock.adjust("1 second")
    yield* settle(10)
    const isDue = [...tables.jobs.values()].some(({ kind }) => kind === "scheduled_message")
    const last = unfinished()
    if (last.length === 0 && !isLast) {
      isLast = true
      for (const message of script.sent) message.blocked = false
    }
    if (!isDue && last.length === 0 && open().length === 0 && devices.every(({ isLive, isOut }) => isLive || isOut))
      break
    for (const { blocked_id, on, tries, user_id } of last) {
      const device = devices.find((each) => each.user_id === user_id && writes(each))
      if (device !== undefined) tries.push(script.block(device, blocked_id, on))
    }
    for (const message of open()) {
      const device = devices.find((each) => each.user_id === message.sender_id && writes(each))
      if (device !== undefined) script.attempt(device, message)
    }
  }
  // Silent losses are found by the reconciler.
  for (let second = 0; second < 15; second++) {
    for (const device of visitors) if (!device.isConnected) yield* connect(device)
    yield* settle(10)
    yield* TestClock.adjust("1 second")
  }
  yield* settle(10)

  const { blockWrites, changes, contacts, readAcks, scheduled, sent, stateWrites, trace } = script
  const unanswered = open().map(({ dedup_key, text }) => `never acknowledged: ${dedup_key} ${text}`)
  const lost = devices
    .filter(({ isLive, isOut }) => !isLive && !isOut)
    .map(({ name }) => `never in sync again: ${name}`)
  const isBlockedBy = (user_id: number, owner: number) => hasBlocked(tables, owner as UserId, user_id as UserId)
  const refusals = sent.flatMap(({ acks, blocked, chat_id, dedup_key, sender_id }) => {
    const other = pairs.get(chat_id as ChatId)?.find((id) => id !== sender_id)
    if (blocked !== true || acks.length > 0 || (other !== undefined && isBlockedBy(sender_id, other))) return []
    return [`refused as blocked in the end, though nobody blocks user ${sender_id}: ${dedup_key}`]
  })
  // They all share a chat, and are connected; but the nodes do not carry each other's presence here.
  const presence = residents.flatMap(({ name, online, user_id }) => {
    const seen = everyone.filter((id) => online.has(id))
    const visible = everyone.filter((id) => id !== user_id && !isBlockedBy(user_id, id))
    const isRight = count === 1 ? String(seen) === String(visible) : seen.every((id) => visible.includes(id))
    return isRight ? [] : [`${name} sees users ${seen} online instead of ${visible}`]
  })
  const history: History = {
    sent,
    changes,
    readAcks,
    scheduled,
    stateWrites,
    blockWrites,
    contacts,
    devices: devices.map((device) => device.history()),
    ...(yield* home.on(gather(tables, [...people, ...guests]))),
  }
  const run: Run = {
    violations: [...unanswered, ...lost, ...refusals, ...presence, ...check(history), ...mentionViolations(tables)],
    trace: JSON.stringify([trace, history.messages.map(({ id, text }) => [id, text])]),
    messages: history.messages.length,
    faults: planned,
    blocks: determined(history).filter(({ blocked }) => blocked).length,
    checks: devices.reduce((sum, device) => sum + device.checks, 0),
  }
  return run
})

/** Never fails: every failure is a violation. */
export const simulate = (seed: number, nodes = 1, steps = 60): Effect.Effect<Run> =>
  live({ seed, steps, nodes }).pipe(
    Effect.scoped,
    Effect.provide(TestClock.layer()),
    // Planned bugs are logged as such; thousands of lines are of no use.
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.exit,
    Effect.map((exit) =>
      Exit.isSuccess(exit)
        ? exit.value
        : {
            violations: [`the run broke: ${String(exit.cause)}`],
            trace: "",
            messages: 0,
            faults: 0,
            checks: 0,
            blocks: 0,
          },
    ),
  )
