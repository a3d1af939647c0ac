// Connect storms, and the cost of an idle socket.
import { setTimeout as sleep } from "node:timers/promises"
import { Histogram } from "../Histogram.ts"
import type { ConnectResult, ConnectWork } from "../Job.ts"
import type { Context } from "./context.ts"
import { Device } from "./Device.ts"
import { measure } from "./Meter.ts"

/** Connects the users from `first` on. */
const storm = async (context: Context, work: ConnectWork, first: number, sockets: number) => {
  const ready = new Histogram()
  const devices: Array<Device> = []
  // Signed before the measurement, and anew for every storm: no server may have a token in its cache.
  const people = Array.from({ length: sockets }, (_, index) => context.token(first + index))
  const measured = measure(context.job.pid)
  await context.inTurn(people, work.atATime, async (token) => {
    const from = performance.now()
    const device = new Device(context.job.port, context.dialect, token)
    devices.push(device)
    await device.ready
    ready.record(performance.now() - from)
  })
  return { devices, result: { ...measured(), sockets, ready: ready.summary() } }
}

const close = async (devices: ReadonlyArray<Device>) => {
  for (const device of devices) device.close()
  await sleep(1_500)
}

/** Waits for a while, then checks that every socket is still open. */
const idle = async (devices: ReadonlyArray<Device>) => {
  await sleep(1_000)
  const cut = devices.find((device) => device.ended !== undefined)
  if (cut !== undefined) throw new Error(`an idle socket ended: ${cut.ended}`)
}

/** All connect once to warm the server up, and once more with new tokens for the measurement. */
const speed = async (context: Context, work: ConnectWork): Promise<ConnectResult> => {
  await close((await storm(context, work, 1, work.sockets)).devices)
  await context.ask("measuring")
  const { devices, result } = await storm(context, work, 1, work.sockets)
  await context.ask("measured")
  await idle(devices)
  await close(devices)
  return result
}

/** A few sockets connect and disconnect first, so that only what stays is counted. */
const memory = async (context: Context, work: ConnectWork): Promise<ConnectResult> => {
  await close((await storm(context, work, 1, 250)).devices)
  await context.ask("before")
  const { devices, result } = await storm(context, work, 1, work.sockets)
  await idle(devices)
  await context.ask("connected")
  await idle(devices)
  return result
}

export const connect = async (context: Context, work: ConnectWork): Promise<{ connect: ConnectResult }> => ({
  connect: await (work.measure === "memory" ? memory : speed)(context, work),
})
