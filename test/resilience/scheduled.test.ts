// A scheduled message whose server is killed between two steps of it: it is sent once, or its schedule was never stored.
import { Effect, Layer } from "effect"
import { afterEach, assert, describe, it, vi } from "vitest"
import { Database } from "../../src/sql/database/Database.ts"
import { HeldRows } from "../support/HeldRows.ts"
import { Person } from "../support/person.ts"
import { Server } from "../support/server.ts"
import { until } from "./Caller.ts"
import { serve } from "./scene.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let stop: (() => Promise<void>) | undefined
afterEach(async () => {
  await stop?.()
  stop = undefined
})

const inMillis = (millis: number) => new Date(Date.now() + millis).toISOString()

/** A person in a group, whose own state exists. */
const person = async (server: Server) => {
  const ada = await Person.signUp(server.url)
  const chat_id = await ada.group("A group")
  await ada.ok("PUT", "/me/state/app:one", 1)
  const schedule = (at: string) => ada.http("POST", `/chats/${chat_id}/scheduled`, { at, text: "Later" })
  const left = async () => (await ada.ok("GET", "/me/state?prefix=scheduled:")).items
  const texts = async () =>
    (await ada.ok("GET", `/chats/${chat_id}/messages`)).items.map(({ text }: { readonly text: string }) => text)
  /** After the restart. */
  const isSentOnce = async () => {
    await until(async () => (await left()).length === 0, 20_000)
    assert.deepStrictEqual(await texts(), ["Later"])
  }
  return { ada, chat_id, schedule, left, texts, isSentOnce }
}

describe("on PostgreSQL", () => {
  const start = async () => {
    const scene = await serve()
    stop = async () => scene[Symbol.asyncDispose]()
    return scene
  }

  it("killed before the schedule is stored: it is not answered, and nothing is sent", async () => {
    const { databaseUrl, server } = await start()
    const { left, schedule, texts } = await person(server)
    await using held = await HeldRows.hold(databaseUrl, "select from user_heads for update")
    const answer = schedule(inMillis(0)).catch(() => "cut")
    await held.waiting("%put_scheduled%")
    await server.kill9()
    assert.strictEqual(await answer, "cut")
    await held.cut()
    await server.restart()
    assert.deepStrictEqual([await left(), await texts()], [[], []])
  })

  it("killed after the schedule is answered: it is sent at its time", async () => {
    const { server } = await start()
    const { isSentOnce, schedule } = await person(server)
    assert.strictEqual((await schedule(inMillis(1_000))).status, 201)
    await server.kill9()
    await server.restart()
    await isSentOnce()
  })

  for (const [step, locks, statement] of [
    ["after the job is claimed", "lock table user_state in access exclusive mode", "%from user_state s where%"],
    ["while it is sent", "lock table messages in exclusive mode", "%insert into messages%"],
    ["after it is sent, before its schedule is removed", "select from user_heads for update", "%end_scheduled%"],
  ] as const) {
    it(`killed ${step}: it is sent once`, async () => {
      const { databaseUrl, server } = await start()
      const { isSentOnce, schedule } = await person(server)
      assert.strictEqual((await schedule(inMillis(3_000))).status, 201)
      await using held = await HeldRows.hold(databaseUrl, locks)
      await held.waiting(statement)
      await server.kill9()
      await held.cut()
      await server.restart()
      await isSentOnce()
    })
  }
})

describe("on the embedded database", () => {
  /** Uses the data of a server that is not running. The rows of the first statement. */
  const meanwhile = <A extends object>(server: Server, ...statements: readonly [string, ...ReadonlyArray<string>]) =>
    Effect.runPromise(
      Effect.flatMap(Database, ({ query }) => Effect.forEach(statements, (statement) => query<A>(statement))).pipe(
        Effect.map(([rows = []]) => rows),
        Effect.provide(Layer.fresh(Database.layerEmbedded(server.dataDir))),
        Effect.scoped,
      ),
    )

  /** The process stops for ever in this change of a table. */
  const stuckAt = async (server: Server, change: string) => {
    await meanwhile(
      server,
      `create function get_stuck() returns trigger language plpgsql as $$ begin loop end loop; end $$`,
      `create trigger stuck ${change} execute function get_stuck()`,
    )
  }
  const isStuck = async (server: Server) => {
    for (;;) {
      const answers = await fetch(`${server.url}/health`, { signal: AbortSignal.timeout(3_000) }).then(
        () => true,
        () => false,
      )
      if (!answers) return
    }
  }

  for (const [step, change, sent, claimed] of [
    ["before the schedule is stored", "before insert on jobs for each row", 0, null],
    ["before it is sent, after its job is claimed", "before insert on messages for each row", 0, 1],
    ["after it is sent, before its schedule is removed", "before delete on jobs for each row", 1, 1],
  ] as const) {
    it(`killed ${step}: it is sent once, or not answered`, async () => {
      const server = await Server.start()
      stop = async () => server[Symbol.asyncDispose]()
      const { isSentOnce, left, schedule, texts } = await person(server)
      await server.terminate()
      await stuckAt(server, change)
      await server.restart()
      const answer = schedule(inMillis(300)).then(
        ({ status }) => status,
        () => "cut",
      )
      await isStuck(server)
      await server.kill9()
      assert.strictEqual(await answer, claimed === null ? "cut" : 201)
      const [row] = await meanwhile<{ sent: number; attempts: number | null }>(
        server,
        `select (select count(*) from messages)::float8 as sent,
           (select attempts from jobs where kind = 'scheduled_message') as attempts`,
        `drop function get_stuck cascade`,
      )
      assert.deepStrictEqual([row?.sent, row?.attempts], [sent, claimed], "it was killed at this step")
      await server.restart()
      if (claimed === null) assert.deepStrictEqual([await left(), await texts()], [[], []])
      else await isSentOnce()
    })
  }
})
