// Works with messages: closed loop (a window of messages under way) and open loop (a fixed rate).
import { setTimeout as sleep } from "node:timers/promises"
import { Histogram } from "../Histogram.ts"
import type { Faults, RisingStep, RisingWork, TalkResult, TalkWork } from "../Job.ts"
import type { SeededChat } from "../World.ts"
import { Conversation, type Recording } from "./Conversation.ts"
import type { Context } from "./context.ts"
import { traffic } from "./Device.ts"
import { measure } from "./Meter.ts"

const newRecording = (): Recording => ({ ack: new Histogram(), last: new Histogram(), acked: 0, delivered: 0, sent: 0 })

/** Waits until no frame has arrived for a while: the presence events of connecting are not part of the work. */
const untilQuiet = async (): Promise<void> => {
  for (let waited = 0, before = -1; traffic.frames !== before && waited < 60_000; waited += 250) {
    before = traffic.frames
    await sleep(250)
  }
}

const open = async (context: Context, chats: ReadonlyArray<SeededChat>, recording: Recording) => {
  const { dialect, job, token } = context
  const ports = [job.port, ...(job.others ?? []).map(({ port }) => port)]
  const setup = { ports, dialect, token, label: job.label, recording }
  const conversations = chats.map((chat) => new Conversation(chat, setup))
  const members = conversations.flatMap((conversation, index) =>
    Array.from({ length: chats[index]!.members }, (_, place) => ({ conversation, place })),
  )
  await context.inTurn(members, 32, ({ conversation, place }) => conversation.connect(place))
  await untilQuiet()
  return conversations
}

/** Waits for late and duplicate deliveries. */
const settle = async (conversations: ReadonlyArray<Conversation>, milliseconds: number): Promise<boolean> => {
  const until = performance.now() + milliseconds
  while (!conversations.every((conversation) => conversation.isSettled)) {
    if (performance.now() > until) return false
    await sleep(20)
  }
  return true
}

const end = async (conversations: ReadonlyArray<Conversation>): Promise<Faults> => {
  await settle(conversations, 10_000)
  await untilQuiet()
  const faults = conversations.map((conversation) => conversation.faults())
  const sum = (key: keyof Faults) => faults.reduce((total, fault) => total + fault[key], 0)
  for (const { devices } of conversations) for (const device of devices) device.close()
  return {
    acknowledged: sum("acknowledged"),
    refused: sum("refused"),
    unacknowledged: sum("unacknowledged"),
    undelivered: sum("undelivered"),
    doubled: sum("doubled"),
    disordered: sum("disordered"),
    cut: sum("cut"),
  }
}

const window = async (context: Context, recording: Recording, milliseconds: number): Promise<TalkResult> => {
  recording.ack.clear()
  recording.last.clear()
  const before = { acked: recording.acked, delivered: recording.delivered }
  const { others = [], pid, silent = [] } = context.job
  const measured = measure(pid, ...others.map((other) => other.pid), ...silent)
  await sleep(milliseconds)
  const result = {
    ...measured(),
    acked: recording.acked - before.acked,
    delivered: recording.delivered - before.delivered,
  }
  return { ...result, ack: recording.ack.summary(), last: recording.last.summary() }
}

export const talk = async (context: Context, work: TalkWork): Promise<{ talk: TalkResult; faults: Faults }> => {
  const recording = newRecording()
  const conversations = await open(context, work.chats, recording)
  let running = true
  for (const conversation of conversations) {
    conversation.onSettled = () => {
      if (running) conversation.send(performance.now())
    }
    for (let sent = 0; sent < work.window; sent++) conversation.send(performance.now())
    conversation.flush()
  }
  await sleep(context.job.warmUp * 1000)
  await context.ask("measuring")
  const result = await window(context, recording, context.job.seconds * 1000)
  running = false
  await context.ask("measured")
  return { talk: result, faults: await end(conversations) }
}

/** Lateness that is attributed to the timer; a later send counts from when it was due. */
const timerSlack = 2

const pace = (conversations: ReadonlyArray<Conversation>, rate: number) => {
  const from = performance.now()
  let issued = 0
  const timer = setInterval(() => {
    const now = performance.now()
    const due = Math.floor(((now - from) * rate) / 1000)
    for (; issued < due; issued++) {
      const dueAt = from + (issued * 1000) / rate
      conversations[issued % conversations.length]!.send(now - dueAt > timerSlack ? dueAt : now)
    }
    for (const conversation of conversations) conversation.flush()
  }, 1)
  return () => clearInterval(timer)
}

/** Above this latency a server does not keep up, whatever its throughput, ms. */
const hopeless = 1_000

export const rising = async (
  context: Context,
  work: RisingWork,
): Promise<{ rising: ReadonlyArray<RisingStep>; faults: Faults }> => {
  const recording = newRecording()
  const conversations = await open(context, work.chats, recording)
  const steps: Array<RisingStep> = []
  for (const rate of work.rates) {
    const stop = pace(conversations, rate)
    await sleep(context.job.warmUp * 1000)
    const result = await window(context, recording, context.job.seconds * 1000)
    stop()
    const drained = await settle(conversations, 10_000)
    const kept = drained && result.acked / result.seconds > 0.95 * rate && result.last.p99 < hopeless
    steps.push({ ...result, rate, kept })
    if (!kept) break
  }
  return { rising: steps, faults: await end(conversations) }
}
