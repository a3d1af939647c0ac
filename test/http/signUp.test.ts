// Who may sign up, and what the service says about itself.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, layer } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { features } from "../../src/contract/features.ts"
import type { Service } from "../../src/contract/ServiceApi.ts"
import { version } from "../../src/contract/version.ts"
import { inviteHash, newInviteCode } from "../../src/services/inviteCodes.ts"
import { InviteStore } from "../../src/sql/invites/InviteStore.ts"
import * as Http from "../support/http.ts"

let people = 0
const newcomer = (more: object = {}) => {
  const username = `newcomer${++people}`
  return { username, email: `${username}@example.org`, password: "correct horse", ...more }
}

const signUp = (more?: object) => Http.send("POST", "/users", { json: newcomer(more) })

const newInvite = (max_uses: number) =>
  Effect.gen(function* () {
    const invites = yield* InviteStore
    const code = yield* newInviteCode
    const created_at = yield* Clock.currentTimeMillis
    yield* invites.create({ code_hash: inviteHash(code), created_at, expires_at: created_at + 60_000, max_uses })
    return code
  })

describe("sign-up", () => {
  layer(Http.layer())("that is open", (it) => {
    it.effect("admits everybody, whatever code they bring", () =>
      Effect.gen(function* () {
        for (const invite of [undefined, null, "whatever"]) assert.strictEqual((yield* signUp({ invite })).status, 201)
        const refused = yield* signUp({ invite: 7 })
        assert.deepStrictEqual([refused.status, refused.body.issues[0].path], [400, "invite"])
      }),
    )

    it.effect("is told to clients without a token, with all that the server offers", () =>
      Effect.gen(function* () {
        const answer = yield* Http.send("GET", "/service")
        assert.strictEqual(answer.status, 200)
        const expected: Service = { name: "Confab", version, sign_up: "open", directory: "all", features, files: null }
        assert.deepStrictEqual(answer.body, expected)
        assert.strictEqual(answer.headers["cache-control"], "no-cache")
      }),
    )
  })

  layer(Http.layer({ signUp: "invite" }))("by invite", (it) => {
    it.effect("admits those with a good code, each use once", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* Http.send("GET", "/service")).body.sign_up, "invite")
        const invite = yield* newInvite(2)
        assert.match(invite, /^[A-Za-z0-9_-]{22}$/)
        const first = yield* signUp({ invite })
        assert.deepInclude(first.body, { username: `newcomer${people}` })
        const taken = yield* signUp({ invite, username: `newcomer${people}` })
        assert.deepStrictEqual([taken.status, taken.body._tag], [409, "UsernameTaken"])
        assert.strictEqual((yield* signUp({ invite })).status, 201)
        const third = yield* signUp({ invite })
        assert.deepStrictEqual([third.status, third.body._tag], [403, "SignUpClosed"])
        assert.notInclude(third.text, invite)
      }),
    )

    it.effect("refuses all others, with the same answer", () =>
      Effect.gen(function* () {
        const bodies = yield* Effect.forEach([undefined, null, "", "no such code"], (invite) => signUp({ invite }))
        assert.deepStrictEqual(
          bodies.map(({ status }) => status),
          [403, 403, 403, 403],
        )
        assert.strictEqual(new Set(bodies.map(({ text }) => text)).size, 1)
        assert.deepInclude(bodies[0]?.body, { _tag: "SignUpClosed", status: 403 })
      }),
    )
  })

  layer(Http.layer({ signUp: "closed" }))("that is closed", (it) => {
    it.effect("admits nobody, with an invite neither", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* Http.send("GET", "/service")).body.sign_up, "closed")
        const invite = yield* newInvite(1)
        for (const more of [{}, { invite }]) {
          const refused = yield* signUp(more)
          assert.deepStrictEqual([refused.status, refused.body._tag], [403, "SignUpClosed"])
        }
      }),
    )
  })

  layer(Http.layer({ signUp: "closed", signupsPerMinute: 2 }))("that is closed and limited", (it) => {
    it.effect("counts refusals like other attempts", () =>
      Effect.gen(function* () {
        const statuses = yield* Effect.forEach([1, 2, 3], () => Effect.map(signUp(), ({ status }) => status))
        assert.deepStrictEqual(statuses, [403, 403, 429])
      }),
    )
  })
})

describe("the version", () => {
  layer(Http.layer())("that a server says", (it) => {
    it.effect("is the package's", () =>
      Effect.sync(() => {
        const file = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")
        assert.strictEqual(JSON.parse(file).version, version)
      }),
    )
  })
})
