// One real server of each kind for all files of a worker, for stories that need nothing of it but accounts of their own: a start
// takes seconds of processor time. It stays up until the worker ends.
import { randomBytes } from "node:crypto"
import pg from "pg"
import { inject } from "vitest"
import { Server } from "./server.ts"

/** With this, tests make tokens themselves. */
export const jwtSecret = "known to the tests, who make tokens themselves"

/** Starts it at the first call; one that did not start is tried again by the next file. */
const oncePerWorker = (start: () => Promise<Server>): (() => Promise<Server>) => {
  let started: Promise<Server> | undefined
  return () => {
    started ??= start().catch((cause) => {
      started = undefined
      throw cause
    })
    return started
  }
}

/** With its database embedded. */
export const sharedServer = oncePerWorker(() => Server.start())

/** A server for one test, on a database of the run's PostgreSQL that is removed with it. */
export const serverOnPostgres = async (env: Readonly<Record<string, string>> = {}): Promise<Server> => {
  const url = new URL(inject("postgresUrl"))
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  const name = `shared_${randomBytes(6).toString("hex")}`
  await client.query(`create database ${name}`).finally(() => client.end())
  url.pathname = `/${name}`
  return Server.start({ databaseUrl: url.href, env: { JWT_SECRET: jwtSecret, ...env } })
}

/** On the run's PostgreSQL. */
export const sharedServerOnPostgres = oncePerWorker(() => serverOnPostgres())
