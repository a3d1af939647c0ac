// The problems of unsuitable servers and poolers. The sessions are simulated: each belongs to a client, and a pooler
// runs its statements in any backend.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkRequirements } from "../../src/sql/server/requirements.ts"

const settings = { statement_timeout: "10000", search_path: '"chat"' }

interface Made {
  readonly version?: number
  readonly settings?: Record<string, string>
  /** The backend of each client's statement; a server's own sessions have one each, and the client knows it. */
  readonly backend?: (client: number) => number
}

const examine = ({ version = 17, backend, ...made }: Made, inCluster = false) =>
  Effect.suspend(() => {
    let clients = 0
    const session = Effect.sync(() => {
      const client = ++clients
      const pid = () => backend?.(client) ?? client
      const answer = (statement: string) => {
        if (statement === "select pg_backend_pid() as pid") return { pid: pid() }
        return {
          database: "chat",
          address: null,
          version,
          encoding: "UTF8",
          pid: pid(),
          settings: made.settings ?? settings,
        }
      }
      return {
        processId: backend === undefined ? client : 1_000_000 + client,
        query: (statement: string) => {
          return Effect.succeed({ command: "SELECT", rowCount: 1, oid: null, fields: [], rows: [answer(statement)] })
        },
      }
    })
    return Effect.flatMap(session, (one) => checkRequirements({ settings, another: session }, one, inCluster))
  }).pipe(Effect.scoped)

const refusal = (made: Made, inCluster = false) =>
  Effect.map(Effect.flip(examine(made, inCluster)), ({ message }) => message)

describe("A server", () => {
  it.effect("of PostgreSQL 15 or newer does", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* examine({ version: 15 }, true), "chat")
      assert.include(yield* refusal({ version: 14 }), "it is PostgreSQL 14; 15 or newer is needed")
    }),
  )

  it.effect("does behind a pooler that lends each client a session of its own", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* examine({ backend: (client) => client }, true), "chat")
    }),
  )

  it.effect("does not when a pooler keeps the settings of sessions to itself", () =>
    Effect.gen(function* () {
      const found = { statement_timeout: "0", search_path: '"$user", public' }
      assert.include(
        yield* refusal({ settings: found, backend: () => 7 }),
        `alter role … set statement_timeout = 10000, search_path = "chat"`,
      )
    }),
  )

  it.effect("does for one node, but not for several, when a pooler shares sessions", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* examine({ backend: () => 7 }), "chat")
      let turn = 0
      assert.match(yield* refusal({ backend: () => ++turn }, true), /several nodes need their own for their locks/)
      assert.match(yield* refusal({ backend: () => 7 }, true), /several nodes need their own for their locks/)
    }),
  )
})
