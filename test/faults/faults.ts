// What can go wrong, as things that are done to a server, its database and its clients.
import type { Server } from "../support/server.ts"
import type { Postgres } from "./Postgres.ts"
import type { Random } from "./Random.ts"
import type { RoamingDevice } from "./RoamingDevice.ts"

/** By name. */
export type Faults = Readonly<Record<string, () => Promise<void>>>

export const serverFaults = (server: Server, log: (line: string) => void): Faults => ({
  "kill -9 of the server": async () => {
    await server.restart()
  },
  "SIGTERM to the server": async () => {
    const before = performance.now()
    const status = await server.terminate()
    log(`SIGTERM: exit after ${Math.round(performance.now() - before)} ms`)
    if (status !== 0) throw new Error(`SIGTERM: the server's exit status was ${status}`)
    await server.restart()
  },
})

export const databaseFaults = (postgres: Postgres, random: Random): Faults => ({
  "PostgreSQL restarts": () => postgres.restart(random.between(0, 1_000)),
  "PostgreSQL crashes": () => postgres.crash(),
  "PostgreSQL drops all connections": () => postgres.disconnectAll(),
})

export const clientFaults = (devices: ReadonlyArray<RoamingDevice>, random: Random): Faults => ({
  "some sockets are cut": async () => {
    for (const device of devices) if (random.chance(0.4)) device.cut()
  },
  "all sockets are cut": async () => {
    for (const device of devices) device.cut()
  },
  "some readers stall": async () => {
    for (const device of devices) if (random.chance(0.3)) device.stall(random.between(200, 2_000))
  },
})
