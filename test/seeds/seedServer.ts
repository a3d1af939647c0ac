// One real server with a database of its own on the tests' PostgreSQL, for the flows of one file.
import { randomBytes } from "node:crypto"
import pg from "pg"
import { afterAll, beforeAll, inject } from "vitest"
import { Server } from "../support/server.ts"

const administer = async (statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: inject("postgresUrl") })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

/** Started before the file's tests and gone after them. */
export const seedServer = (): Pick<Server, "url" | "wsUrl" | "restart"> => {
  const name = `seed_${randomBytes(6).toString("hex")}`
  let server: Server | undefined
  const running = () => {
    if (server === undefined) throw new Error("The server has not been started yet")
    return server
  }
  beforeAll(async () => {
    await administer(`create database ${name}`)
    const url = new URL(inject("postgresUrl"))
    url.pathname = `/${name}`
    server = await Server.start({ databaseUrl: url.href })
  })
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
    await administer(`drop database if exists ${name} with (force)`)
  })
  return {
    get url() {
      return running().url
    },
    get wsUrl() {
      return running().wsUrl
    },
    restart: () => running().restart(),
  }
}
