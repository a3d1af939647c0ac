// What can go wrong, as things that are done to a run.
import type { Server } from "../support/server.ts"
import type { Postgres } from "./Postgres.ts"
import type { Random } from "./Random.ts"
import type { RoamingDevice } from "./RoamingDevice.ts"

export interface Scene {
  readonly server: Server
  readonly postgres: Postgres
  readonly devices: ReadonlyArray<RoamingDevice>
  readonly random: Random
  log(line: string): void
}

export const faults = {
  "kill -9 of the server": async ({ server }: Scene) => {
    await server.restart()
  },
  "SIGTERM to the server": async ({ server, log }: Scene) => {
    const before = performance.now()
    const status = await server.terminate()
    log(`SIGTERM: exit after ${Math.round(performance.now() - before)} ms`)
    if (status !== 0) throw new Error(`SIGTERM: the server's exit status was ${status}`)
    await server.restart()
  },
  "PostgreSQL restarts": async ({ postgres, random }: Scene) => {
    await postgres.restart(random.between(0, 1_000))
  },
  "PostgreSQL crashes": async ({ postgres }: Scene) => {
    await postgres.crash()
  },
  "PostgreSQL drops all connections": async ({ postgres }: Scene) => {
    await postgres.disconnectAll()
  },
  "some sockets are cut": async ({ devices, random }: Scene) => {
    for (const device of devices) if (random.chance(0.4)) device.cut()
  },
  "all sockets are cut": async ({ devices }: Scene) => {
    for (const device of devices) device.cut()
  },
  "some readers stall": async ({ devices, random }: Scene) => {
    for (const device of devices) if (random.chance(0.3)) device.stall(random.between(200, 2_000))
  },
} satisfies Record<string, (scene: Scene) => Promise<void>>

export type Fault = keyof typeof faults
export const allFaults = Object.keys(faults) as ReadonlyArray<Fault>
