// What the tests of this folder begin with: a real server on a database of its own, and tokens that end when a test wants.
import { createHmac, randomBytes, randomUUID } from "node:crypto"
import pg from "pg"
import { inject } from "vitest"
import type { Person } from "../support/person.ts"
import { Server } from "../support/server.ts"

const secret = "known to the tests of resilience, who make tokens themselves"

const administer = async (statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: inject("postgresUrl") })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

/** A server on the run's PostgreSQL. */
export const serve = async (
  env: Record<string, string> = {},
): Promise<AsyncDisposable & { server: Server; databaseUrl: string }> => {
  const name = `resilience_${randomBytes(6).toString("hex")}`
  await administer(`create database ${name}`)
  const url = new URL(inject("postgresUrl"))
  url.pathname = `/${name}`
  const server = await Server.start({ databaseUrl: url.href, env: { JWT_SECRET: secret, ...env } })
  return {
    server,
    databaseUrl: url.href,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await administer(`drop database if exists ${name} with (force)`)
    },
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** The claims of the user's own token, with another end (seconds since 1970). */
export const tokenUntil = (person: Person, exp: number): string => {
  const claims = JSON.parse(Buffer.from(person.access_token.split(".")[1] ?? "", "base64url").toString())
  const head = encode({ alg: "HS256", typ: "at+jwt" })
  const body = encode({ ...claims, jti: randomUUID(), exp })
  return `${head}.${body}.${createHmac("sha256", secret).update(`${head}.${body}`).digest("base64url")}`
}
