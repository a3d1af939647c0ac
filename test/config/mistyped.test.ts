import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mistyped } from "../../src/config/mistyped.ts"
import { settingNames } from "../../src/config/Settings.ts"

const meantBy = (variable: string) =>
  Effect.map(settingNames, (known) => mistyped({ [variable]: "1" }, known)[0]?.meant)

describe("mistyped settings", () => {
  it.effect("are told by the settings that they are close to", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* meantBy("DATABSE_URL"), "DATABASE_URL")
      assert.strictEqual(yield* meantBy("DATABASE_URI"), "DATABASE_URL")
      assert.strictEqual(yield* meantBy("database_url"), "DATABASE_URL")
      assert.strictEqual(yield* meantBy("SIGNUP"), "SIGN_UP")
      assert.strictEqual(yield* meantBy("JWT_SERCET_FILE"), "JWT_SECRET_FILE")
      assert.strictEqual(yield* meantBy("CORS_ORIGIN"), "CORS_ORIGINS")
    }),
  )

  it.effect("are neither settings nor what other programs use", () =>
    Effect.gen(function* () {
      const known = yield* settingNames
      assert.includeMembers([...known], ["PORT", "DATABASE_URL_FILE", "MESSAGES_PER_SECOND", "RATE_LIMITS", "ENV_FILE"])
      for (const name of known) assert.isUndefined(yield* meantBy(name), name)
      for (const name of ["HOME", "HOSTNAME", "POST", "SHELL", "LOGNAME", "PATH", "NODE_OPTIONS", "REDIS_PASSWORD"]) {
        assert.isUndefined(yield* meantBy(name), name)
      }
    }),
  )
})
