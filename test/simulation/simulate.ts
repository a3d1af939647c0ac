// One life of the whole server in this process, on in-memory tables and the test's clock: people talk while commits fail before
// or after they took place, hang or break, a second set of actors works on the same chats, devices vanish and stall, and time
// jumps. Everything is chosen by the seed, so a run is replayed exactly. The end is judged by the checker of test/faults.
import { Context, Effect, Exit, Layer, References } from "effect"
import { TestClock } from "effect/testing"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Messages } from "../../src/services/Messages.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { check } from "../faults/check.ts"
import type { Change, Held, History, Message, ReadAck, Sent } from "../faults/History.ts"
import { Random } from "../faults/Random.ts"
import { actors, addGroup, addUsers, type Fault, Faults, send } from "../support/chat.ts"
import type { Frame } from "../support/person.ts"
import { layer } from "../support/sockets.ts"
import { SimulatedDevice } from "./SimulatedDevice.ts"

export interface Run {
  readonly violations: ReadonlyArray<string>
  /** The same for two runs of a seed. */
  readonly trace: string
  readonly messages: number
  readonly faults: number
}

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
const settle = (turns: number) => Effect.repeat(turn, { times: turns })
const faultKinds: ReadonlyArray<Fault> = ["before", "after", "defect", "hang"]

const live = Effect.fnUntraced(function* (seed: number, steps: number) {
  const random = new Random(seed)
  const faults = yield* Faults
  const tables = yield* Tables
  const chats = yield* Chats
  const twin = Context.get(yield* Layer.build(Layer.fresh(actors)), ChatActors)
  const one = yield* addGroup(3)
  const two = yield* addGroup(1)
  yield* chats.addMembers(two.owner, two.chat_id, one.ids)
  const [guest] = yield* addUsers(1)
  const chat_ids = [one.chat_id, two.chat_id]
  const people = one.ids

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
  const devices = people.flatMap((id, i) => [
    new SimulatedDevice(`${i}a`, id, 1, onAnswer),
    new SimulatedDevice(`${i}b`, id, 2, onAnswer),
  ])
  for (const device of devices) yield* device.connect()
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
  const compose = (sender_id: UserId, chat_id: ChatId): Sent => {
    const message = { chat_id, sender_id, dedup_key: `k${sent.length}`, text: `t${sent.length}`, attempts: 0, acks: [] }
    sent.push(message)
    return message
  }
  const known = (device: SimulatedDevice, chat_id: ChatId): Message | undefined => {
    const log = device.chats.get(chat_id)
    return log === undefined || log.lastSeq === 0 ? undefined : log.messageAt(random.between(1, log.lastSeq))
  }

  const step = Effect.fnUntraced(function* () {
    const device = random.pick(devices)
    const chat_id = random.pick(chat_ids)
    const dice = random.between(1, 100)
    if (!device.isConnected) yield* device.connect()
    if (dice <= 40) {
      for (let i = random.between(1, 4); i > 0; i--) attempt(device, compose(device.user_id, chat_id))
    } else if (dice <= 50) {
      const mine = sent.filter((message) => message.sender_id === device.user_id)
      if (mine.length > 0) attempt(device, random.pick(mine))
    } else if (dice <= 60) {
      const log = device.chats.get(chat_id)
      // A stalled device hears late: only what one device hears has an order.
      const key = `${chat_id}/${device.name}`
      const acks = readAcks.get(key) ?? { chat_id, user_id: device.user_id, acks: [] }
      readAcks.set(key, acks)
      tell(device, { type: "read", chat_id, seq: random.between(0, (log?.lastSeq ?? 0) + 2) }, ({ seq }) => {
        const at = 2 * acks.acks.length
        acks.acks.push({ seq, asked: at, answered: at + 1 })
      })
    } else if (dice <= 68) {
      const message = known(device, chat_id)
      if (message !== undefined && message.sender_id === device.user_id) {
        const text = random.chance(0.3) ? null : `e${refs}`
        const change: Change = { message_id: message.id, text, attempts: 1, acked: false }
        changes.push(change)
        const frame = text === null ? { type: "delete" } : { type: "edit", text }
        tell(device, { ...frame, message_id: message.id }, () => {
          change.acked = true
        })
      }
    } else if (dice <= 74) device.vanish()
    else if (dice <= 77) device.stall()
    else if (dice <= 80) device.drain()
    else if (dice <= 88) {
      faults.next.push(random.pick(faultKinds))
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
    } else if (dice <= 94) yield* Effect.forkChild(Effect.ignoreCause(chats.rename(one.owner, one.chat_id, `n${refs}`)))
    else if (dice <= 96) {
      const change = random.chance(0.5)
        ? chats.addMembers(one.owner, one.chat_id, [guest!])
        : chats.removeMember(one.owner, one.chat_id, guest!)
      yield* Effect.forkChild(Effect.ignoreCause(change))
    } else yield* TestClock.adjust(random.pick([50, 500, 3_500, 30_000, 90_000]))
    yield* settle(random.between(0, 3))
  })
  for (let i = 0; i < steps; i++) yield* step()

  // Peace: faults end, everybody comes back, and whoever never heard a yes asks again.
  faults.next.length = 0
  for (let round = 0; round < 60; round++) {
    for (const device of devices) {
      device.drain()
      if (!device.isConnected) yield* device.connect()
    }
    yield* settle(5)
    yield* TestClock.adjust("1 second")
    yield* settle(5)
    const open = sent.filter(({ acks }) => acks.length === 0)
    if (open.length === 0 && devices.every(({ isLive }) => isLive)) break
    for (const message of open) {
      const device = devices.find(({ user_id, isLive }) => user_id === message.sender_id && isLive)
      if (device !== undefined) attempt(device, message)
    }
  }
  yield* settle(10)
  yield* TestClock.adjust("5 seconds")
  yield* settle(10)

  const unanswered = sent.filter(({ acks }) => acks.length === 0).map(({ text }) => `never acknowledged: ${text}`)
  const lost = devices.filter(({ isLive }) => !isLive).map(({ name }) => `never in sync again: ${name}`)
  const history: History = {
    sent,
    changes,
    readAcks: [...readAcks.values()],
    devices: devices.map((device) => device.history()),
    fresh: yield* freshly(people, chat_ids),
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
    violations: [...unanswered, ...lost, ...check(history)],
    trace: JSON.stringify([trace, history.messages.map(({ id, text }) => [id, text])]),
    messages: history.messages.length,
    faults: planned,
  }
  return run
})

/** What a new client of each person would load. */
const freshly = Effect.fnUntraced(function* (people: ReadonlyArray<UserId>, chat_ids: ReadonlyArray<ChatId>) {
  const chats = yield* Chats
  const messages = yield* Messages
  const fresh = new Map<number, ReadonlyArray<Held>>()
  for (const person of people) {
    const held: Array<Held> = []
    for (const chat_id of chat_ids) {
      const { name, members } = yield* chats.get(person, chat_id)
      const all: Array<Message> = []
      for (let more = true; more; ) {
        const page: { items: Array<Message>; has_more: boolean } = JSON.parse(
          yield* messages.page(person, chat_id, { limit: 200, after: all.length }),
        )
        all.push(...page.items)
        more = page.has_more
      }
      held.push({ chat_id, name, messages: all, reads: new Map(members.map((m) => [m.user.id, m.last_read_seq])) })
    }
    fresh.set(person, held)
  }
  return fresh
})

/** Never fails: what goes wrong is a violation. */
export const simulate = (seed: number, steps = 60): Effect.Effect<Run> =>
  live(seed, steps).pipe(
    Effect.provide(layer()),
    Effect.scoped,
    Effect.provide(TestClock.layer()),
    // Planned bugs are logged as what they are; thousands of them say nothing.
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.exit,
    Effect.map((exit) =>
      Exit.isSuccess(exit)
        ? exit.value
        : { violations: [`the run broke: ${String(exit.cause)}`], trace: "", messages: 0, faults: 0 },
    ),
  )
