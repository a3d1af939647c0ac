// One life of the whole server in this process, on in-memory tables and the test's clock: people talk while commits fail before
// or after they took place, hang or break, a second set of actors works on the same chats, devices vanish and stall, and time
// jumps. With several nodes, what they tell each other gets lost, comes late or in another order, while people connect, join, are put
// out and sync. Everything is chosen by the seed, so a run is replayed exactly. The end is judged by the checker of test/faults.
import { Context, Effect, Exit, Layer, References } from "effect"
import { TestClock } from "effect/testing"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Messages } from "../../src/services/Messages.ts"
import { Records } from "../../src/services/Records.ts"
import { membership, present, type Tables } from "../../src/sql/memory/Tables.ts"
import { toMessage } from "../../src/sql/memory/views.ts"
import type { Loaded } from "../faults/ChatLog.ts"
import { check } from "../faults/check.ts"
import type { Change, Held, History, Message, ReadAck, Sent } from "../faults/History.ts"
import { Random } from "../faults/Random.ts"
import { actors, addGroup, addUsers, type Fault, Faults, send } from "../support/chat.ts"
import type { Frame } from "../support/person.ts"
import { type DeviceWorld, SimulatedDevice } from "./SimulatedDevice.ts"
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
  const { ether, nodes, tables } = yield* makeWorld(count, random)
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

  const sent: Array<Sent> = []
  const changes: Array<Change> = []
  const readAcks = new Map<string, { chat_id: number; user_id: number; acks: Array<ReadAck> }>()
  const waiting = new Map<string, (frame: Frame) => void>()
  const trace: Array<string> = []
  let refs = 0
  let planned = 0

  const onAnswer = (frame: Frame) => {
    trace.push(`${frame.type} ${frame.ref} ${frame.seq ?? frame.code}`)
    const answer = waiting.get(frame.ref)
    waiting.delete(frame.ref)
    answer?.(frame)
  }
  const world: DeviceWorld = {
    load: (chat_id, user_id) => loaded(tables, chat_id as ChatId, user_id),
    onAnswer,
    joined: (chat_id, user_id) => membership(tables, chat_id as ChatId, user_id)?.member.joined_version,
    isAlone: count === 1,
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

  const tell = (device: SimulatedDevice, frame: object, onAck: (frame: Frame) => void) => {
    const ref = `r${++refs}`
    waiting.set(ref, (answer) => {
      if (answer.type === "ack") onAck(answer)
    })
    device.say({ ...frame, ref })
  }
  const acked = (message: Sent) => (ack: Frame) =>
    message.acks.push({ id: ack.message_id, seq: ack.seq, created_at: ack.created_at })
  const attempt = (device: SimulatedDevice, message: Sent) => {
    message.attempts++
    const { chat_id, text, dedup_key } = message
    tell(device, { type: "message", chat_id, text, dedup_key }, acked(message))
  }
  /** Some texts mention people: who is in the chat then, is not the same for all of them. */
  const naming = (n: number): string =>
    ["", "", "", ` @user${(n % 7) + 1}`, " @all", ` @user${(n % 5) + 1} @all`][n % 6]!
  const compose = (sender_id: UserId, chat_id: ChatId): Sent => {
    const n = sent.length
    const message = { chat_id, sender_id, dedup_key: `k${n}`, text: `t${n}${naming(n)}`, attempts: 0, acks: [] }
    sent.push(message)
    return message
  }
  /** One of its user's, of the newest as a rule: what changes soon after it came is what readers of a hole trip over. */
  const own = (device: SimulatedDevice, chat_id: ChatId): Message | undefined => {
    const log = device.chats.get(chat_id)
    const first = random.chance(0.7) ? Math.max(1, (log?.lastSeq ?? 0) - 9) : 1
    const mine: Array<Message> = []
    for (let seq = first; seq <= (log?.lastSeq ?? 0); seq++) {
      const message = log?.messageAt(seq)
      const isOpen = changes.some(({ acked, message_id }) => message_id === message?.id && !acked)
      if (message?.sender_id === device.user_id && !message.deleted && !isOpen) mine.push(message)
    }
    return mine.length === 0 ? undefined : random.pick(mine)
  }

  const rewrite = (device: SimulatedDevice, chat_id: ChatId) => {
    const message = own(device, chat_id)
    if (message === undefined) return
    const text = random.chance(0.3) ? null : `e${refs}${naming(refs)}`
    const change: Change = { message_id: message.id, text, attempts: 1, acked: false }
    changes.push(change)
    const frame = text === null ? { type: "delete" } : { type: "edit", text }
    tell(device, { ...frame, message_id: message.id }, () => {
      change.acked = true
    })
  }

  /** The result does not matter: in the end all readers must have the same. */
  const react = (device: SimulatedDevice, chat_id: ChatId) => {
    const log = device.chats.get(chat_id)
    const message = log?.messageAt(random.between(Math.max(1, log.lastSeq - 10), Math.max(1, log.lastSeq)))
    if (message === undefined) return
    const on = random.chance(0.7)
    const frame = random.chance(0.8) ? { type: "react", emoji: random.pick(["👍", "❤️", "🎉"]) } : { type: "pin" }
    tell(device, { ...frame, on, message_id: message.id }, () => {})
  }

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

  const step = Effect.fnUntraced(function* () {
    const device = random.pick(residents)
    const chat_id = random.pick(chat_ids)
    const dice = random.between(1, 100)
    if (!device.isConnected) yield* connect(device)
    if (random.chance(0.3)) {
      const visitor = random.pick(visitors)
      if (visitor.isConnected && random.chance(0.3)) visitor.vanish()
      else if (!visitor.isConnected) yield* Effect.forkChild(connect(visitor))
    }
    if (random.chance(0.1)) random.pick(devices).resync()
    if (random.chance(0.3)) react(random.pick(residents), random.pick(chat_ids))
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
        if (random.chance(0.3)) rewrite(other, random.pick(chat_ids))
        if (random.chance(0.2)) other.reload(random.pick(chat_ids))
      }
      if (random.chance(0.3)) yield* Effect.forkChild(Effect.ignoreCause(promote()))
    }
    if (dice <= 36) {
      for (let i = random.between(1, 4); i > 0; i--) attempt(device, compose(device.user_id, chat_id))
    } else if (dice <= 44) {
      const mine = sent.filter((message) => message.sender_id === device.user_id)
      if (mine.length > 0) attempt(device, random.pick(mine))
    } else if (dice <= 54) {
      const log = device.chats.get(chat_id)
      // A stalled device receives late: only the events of one device have an order.
      const key = `${chat_id}/${device.name}`
      const acks = readAcks.get(key) ?? { chat_id, user_id: device.user_id, acks: [] }
      readAcks.set(key, acks)
      tell(device, { type: "read", chat_id, seq: random.between(0, (log?.lastSeq ?? 0) + 2) }, ({ seq }) => {
        const at = 2 * acks.acks.length
        acks.acks.push({ seq, asked: at, answered: at + 1 })
      })
    } else if (dice <= 70) rewrite(device, chat_id)
    else if (dice <= 75) device.vanish()
    else if (dice <= 78) device.stall()
    else if (dice <= 80) device.drain()
    else if (dice <= 88) {
      Context.get(random.pick(nodes).context, Faults).next.push(random.pick(faultKinds))
      planned++
    } else if (dice <= 92) {
      const message = compose(device.user_id, chat_id)
      message.attempts++
      const exit = yield* Effect.forkChild(
        twin.ask(chat_id, send(device.user_id, message.text, message.dedup_key)).pipe(
          Effect.map((answer) => message.acks.push(answer.message)),
          Effect.ignoreCause,
        ),
      )
      trace.push(`twin ${exit.id >= 0}`)
    } else if (dice <= 96) {
      const rename = chatsOf(random.pick(nodes)).change(one.owner, one.chat_id, {
        name: `n${refs}`,
        description: refs % 3 === 0 ? null : `about ${refs}`,
      })
      yield* Effect.forkChild(Effect.ignoreCause(rename))
    } else yield* TestClock.adjust(random.pick([50, 500, 3_500, 30_000, 90_000]))
    yield* settle(random.between(0, 3))
  })
  for (let i = 0; i < steps; i++) yield* step()

  // Faults end, all devices reconnect, and unacknowledged requests are repeated.
  for (const { context } of nodes) Context.get(context, Faults).next.length = 0
  ether.calm()
  for (let round = 0; round < 60; round++) {
    for (const device of devices) {
      device.drain()
      if (!device.isConnected) yield* connect(device)
    }
    yield* settle(10)
    yield* TestClock.adjust("1 second")
    yield* settle(10)
    const open = sent.filter(({ acks }) => acks.length === 0)
    if (open.length === 0 && devices.every(({ isLive, isOut }) => isLive || isOut)) break
    for (const message of open) {
      const device = devices.find(({ user_id, isLive }) => user_id === message.sender_id && isLive)
      if (device !== undefined) attempt(device, message)
    }
  }
  // Silent losses are found by the reconciler.
  for (let second = 0; second < 15; second++) {
    for (const device of visitors) if (!device.isConnected) yield* connect(device)
    yield* settle(10)
    yield* TestClock.adjust("1 second")
  }
  yield* settle(10)

  const unanswered = sent.filter(({ acks }) => acks.length === 0).map(({ text }) => `never acknowledged: ${text}`)
  const lost = devices
    .filter(({ isLive, isOut }) => !isLive && !isOut)
    .map(({ name }) => `never in sync again: ${name}`)
  const history: History = {
    sent,
    changes,
    readAcks: [...readAcks.values()],
    devices: devices.map((device) => device.history()),
    fresh: yield* home.on(freshly([...people, ...guests])),
    messages: [...tables.chats.values()].flatMap(({ messages }) =>
      messages.map((row) => ({ ...row, edited: row.edited_at !== null })),
    ),
    chats: [...tables.chats.values()].map(({ row, members }) => ({
      id: row.id,
      last_seq: row.last_seq,
      version: row.version,
      reads: new Map([...members.values()].map(({ user_id, last_read_seq }) => [user_id, last_read_seq])),
    })),
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

/** The rows that are counted and listed are those that the messages show. */
const mentionViolations = (tables: Tables["Service"]): ReadonlyArray<string> =>
  [...tables.chats.values()].flatMap(({ mentions, messages }) =>
    messages.flatMap(({ id, parts, reply_to, sender_id }) => {
      const place = reply_to === null ? undefined : tables.places.get(reply_to)
      const author = place === undefined ? undefined : messages[place.seq - 1]?.sender_id
      const shown = new Set<number>(parts?.mentions ?? [])
      if (parts?.mentions_all === true) shown.add(0)
      if (author !== undefined && author !== sender_id) shown.add(author)
      const asked = (mentions.get(id) ?? []).map(({ user_id }) => user_id)
      const isSame = asked.length === shown.size && asked.every((user_id) => shown.has(user_id))
      return isSame ? [] : [`message ${id} shows mentions of ${[...shown]}, and has rows for ${asked}`]
    }),
  )

/** A chat as one of its members would load it. */
const loaded = (tables: Tables["Service"], chat_id: ChatId, user_id: UserId): Loaded | undefined => {
  const found = membership(tables, chat_id, user_id)
  if (found === undefined) return undefined
  const { messages, records, row } = found.chat
  const all = messages.map((message) => ({
    ...toMessage(found.chat, message, user_id, 0),
    version: message.version,
    records_version: message.records_version,
    pinned: records.get(`pin ${message.id}`)?.removed === false,
  }))
  return { version: row.version, name: row.name, messages: all, members: present(found.chat) }
}

/** What a new client of each of them would load. */
const freshly = Effect.fnUntraced(function* (users: ReadonlyArray<UserId>) {
  const chats = yield* Chats
  const messages = yield* Messages
  const records = yield* Records
  const fresh = new Map<number, ReadonlyArray<Held>>()
  for (const user_id of users) {
    const held: Array<Held> = []
    for (const { id: chat_id } of (yield* chats.list(user_id, 100, undefined)).items) {
      const { name, members } = yield* chats.get(user_id, chat_id)
      const all: Array<Message> = []
      for (let more = true; more; ) {
        const page: { items: Array<Message>; has_more: boolean } = JSON.parse(
          yield* messages.page(user_id, chat_id, { limit: 200, after: all.length }),
        )
        all.push(...page.items)
        more = page.has_more
      }
      const pins = (yield* records.pins(user_id, chat_id)).items
      const pinned = new Set<number>(pins.map(({ message }) => message.id))
      const reads = new Map(members.map((member) => [member.user.id, member.last_read_seq]))
      const roles = new Map(members.map((member) => [member.user.id, member.role]))
      const shown = all.map((message) => ({ ...message, pinned: pinned.has(message.id) }))
      held.push({ chat_id, name, first: 1, messages: shown, reads, members: roles })
    }
    fresh.set(user_id, held)
  }
  return fresh
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
