// One life of the whole server in this process, on in-memory tables and the test's clock: people talk while commits fail before
// or after they took place, hang or break, a second set of actors works on the same chats, devices vanish and stall, and time
// jumps. With several nodes, what they tell each other gets lost, comes late or in another order, while people connect, join, are put
// out and sync. Everything is chosen by the seed, so a run is replayed exactly. The end is judged by the checker of test/faults.
import { Context, Effect, Exit, Layer, References } from "effect"
import { TestClock } from "effect/testing"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Chats } from "../../src/services/Chats.ts"
import { membership } from "../../src/sql/memory/Tables.ts"
import { check } from "../faults/check.ts"
import type { History } from "../faults/History.ts"
import { Random } from "../faults/Random.ts"
import { actors, addGroup, addUsers, type Fault, Faults, send } from "../support/chat.ts"
import { Script } from "./Script.ts"
import { type DeviceWorld, SimulatedDevice } from "./SimulatedDevice.ts"
import { gather, loaded, mentionViolations, shows, showsState, storedState } from "./stored.ts"
import { makeWorld, type Node, settle } from "./World.ts"

export interface Run {
  readonly violations: ReadonlyArray<string>
  /** The same for two runs of a seed. */
  readonly trace: string
  readonly messages: number
  readonly faults: number
  /** How often what a device holds was compared with what the server says that it adds up to. */
  readonly checks: number
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
  const chat_ids = [one.chat_id, two.chat_id]
  const people = one.ids
  /** Somewhere. */
  const chatsOf = (node: Node) => Context.get(node.context, Chats)
  /** Each user's saved chat, once it is made. */
  const saved = new Map<UserId, ChatId>()
  /** A chat in which the device's user writes. */
  const chatFor = ({ user_id }: SimulatedDevice): ChatId =>
    (random.chance(0.1) ? saved.get(user_id) : undefined) ?? random.pick(chat_ids)

  const script = new Script(random)
  let planned = 0
  const world: DeviceWorld = {
    load: (chat_id, user_id) => loaded(tables, chat_id as ChatId, user_id),
    loadState: (user_id) => storedState(tables, user_id),
    onAnswer: script.onAnswer,
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

  /** Guests come and go, roles change, a chat ends. */
  const changeMembers = Effect.fnUntraced(function* () {
    const guest = random.pick(guests)
    const { chat_id, owner } = random.pick([one, one, two])
    const service = chatsOf(random.pick(nodes))
    const dice = random.between(1, 100)
    if (dice <= 45) return yield* service.addMembers(owner, chat_id, [guest])
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
    yield* chatsOf(random.pick(nodes)).addMembers(one.owner, one.chat_id, [guest])
    yield* settle(random.between(0, 6))
    yield* chatsOf(random.pick(nodes)).setRole(one.owner, one.chat_id, guest, random.pick(["admin", "member"]))
  })

  const openSaved = Effect.fnUntraced(function* (user_id: UserId) {
    const { chat } = yield* chatsOf(random.pick(nodes)).openSaved(user_id)
    saved.set(user_id, chat.id)
  })

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
    if (random.chance(0.3)) script.react(random.pick(residents), random.pick(chat_ids))
    if (random.chance(0.3)) script.setState(random.pick(devices))
    if (random.chance(0.05)) yield* Effect.forkChild(Effect.ignoreCause(openSaved(random.pick(people))))
    if (random.chance(0.2)) yield* Effect.forkChild(Effect.ignoreCause(changeMembers()))
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
      const message = script.compose(device.user_id, random.pick(chat_ids))
      message.attempts++
      const exit = yield* Effect.forkChild(
        twin.ask(message.chat_id as ChatId, send(device.user_id, message.text, message.dedup_key)).pipe(
          Effect.map((answer) => message.acks.push(answer.message)),
          Effect.ignoreCause,
        ),
      )
      script.trace.push(`twin ${exit.id >= 0}`)
    } else if (dice <= 96) {
      const rename = chatsOf(random.pick(nodes)).change(one.owner, one.chat_id, {
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
  for (let round = 0; round < 60; round++) {
    for (const device of devices) {
      device.drain()
      if (!device.isConnected) yield* connect(device)
    }
    yield* settle(10)
    yield* TestClock.adjust("1 second")
    yield* settle(10)
    const open = script.sent.filter(({ acks, refused }) => acks.length === 0 && refused !== true)
    if (open.length === 0 && devices.every(({ isLive, isOut }) => isLive || isOut)) break
    for (const message of open) {
      const device = devices.find(({ user_id, isLive }) => user_id === message.sender_id && isLive)
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

  const { changes, readAcks, sent, stateWrites, trace } = script
  const unanswered = sent
    .filter(({ acks, refused }) => acks.length === 0 && refused !== true)
    .map(({ dedup_key, text }) => `never acknowledged: ${dedup_key} ${text}`)
  const lost = devices
    .filter(({ isLive, isOut }) => !isLive && !isOut)
    .map(({ name }) => `never in sync again: ${name}`)
  const history: History = {
    sent,
    changes,
    readAcks,
    stateWrites,
    devices: devices.map((device) => device.history()),
    ...(yield* home.on(gather(tables, [...people, ...guests]))),
  }
  const run: Run = {
    violations: [...unanswered, ...lost, ...check(history), ...mentionViolations(tables)],
    trace: JSON.stringify([trace, history.messages.map(({ id, text }) => [id, text])]),
    messages: history.messages.length,
    faults: planned,
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
        : { violations: [`the run broke: ${String(exit.cause)}`], trace: "", messages: 0, faults: 0, checks: 0 },
    ),
  )
