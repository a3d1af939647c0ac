import { assert, layer } from "@effect/vitest"
import { Effect, Result } from "effect"
import type { UserId } from "../../src/domain/Ids.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { databases, newUser, now } from "../support/sql.ts"

const person = (username: string, email = `${username}@example.org`) => ({
  username,
  email,
  display_name: username,
  password_hash: "hash",
  created_at: now,
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`UserStore ${database.name}`, (it) => {
    it.effect("who signs up is given back as they are", () =>
      Effect.gen(function* () {
        const users = yield* UserStore
        const me = yield* users.create({ ...person("Ada.L"), display_name: "Ada 🦊 Łovelace" })
        const { id, ...rest } = me
        assert.isTrue(Number.isInteger(id))
        assert.deepStrictEqual(rest, {
          username: "Ada.L",
          email: "Ada.L@example.org",
          display_name: "Ada 🦊 Łovelace",
          created_at: "2026-11-21T09:30:00.123Z",
        })
        assert.deepStrictEqual(yield* users.credentials(id), { me, password_hash: "hash", suspended: false })
      }),
    )

    it.effect("names and e-mails are taken whatever the case, also beyond ASCII", () =>
      Effect.gen(function* () {
        const users = yield* UserStore
        yield* users.create(person("Grace", "gräce@example.org"))
        const tag = Effect.fnUntraced(function* (username: string, email: string) {
          const result = yield* Effect.result(users.create(person(username, email)))
          return Result.isFailure(result) ? result.failure._tag : undefined
        })
        assert.strictEqual(yield* tag("gRACE", "other@example.org"), "UsernameTaken")
        assert.strictEqual(yield* tag("grace2", "GRÄCE@example.org"), "EmailTaken")
      }),
    )

    it.effect("of many who want one name at once, one gets it", () =>
      Effect.gen(function* () {
        const users = yield* UserStore
        const results = yield* Effect.all(
          Array.from({ length: 6 }, (_, i) => Effect.result(users.create(person("wanted", `w${i}@example.org`)))),
          { concurrency: "unbounded" },
        )
        assert.strictEqual(results.filter(Result.isSuccess).length, 1)
      }),
    )

    it.effect("logging in finds them by name or e-mail, whatever the case", () =>
      Effect.gen(function* () {
        const users = yield* UserStore
        const me = yield* users.create(person("Linus", "Linus@Example.org"))
        assert.strictEqual((yield* users.byLogin("LINUS"))?.me.id, me.id)
        assert.strictEqual((yield* users.byLogin("linus@example.ORG"))?.me.id, me.id)
        assert.isUndefined(yield* users.byLogin("nobody"))
      }),
    )

    it.effect("of ten changes of one password at once one is made", () =>
      Effect.gen(function* () {
        const users = yield* UserStore
        const id = yield* newUser()
        const changes = Array.from({ length: 10 }, (_, i) => `hash ${i}`)
        const made = yield* Effect.forEach(changes, (to) => users.replacePassword(id, "$argon2id$", to), {
          concurrency: "unbounded",
        })
        assert.deepStrictEqual(
          changes.filter((_, i) => made[i]),
          [(yield* users.credentials(id))?.password_hash],
        )
        assert.isFalse(yield* users.replacePassword(987_654_321 as UserId, "", "hash"))
      }),
    )

    it.effect("a new display name or password holds from then on", () =>
      Effect.gen(function* () {
        const users = yield* UserStore
        const id = yield* newUser()
        const renamed = yield* users.change(id, {
          display_name: "New name",
          info: { custom: { a: [null, { b: "c" }] } },
        })
        assert.isDefined(renamed)
        assert.isTrue(yield* users.replacePassword(id, "$argon2id$", "new hash"))
        assert.deepStrictEqual(yield* users.credentials(id), {
          me: renamed,
          password_hash: "new hash",
          suspended: false,
        })
        assert.strictEqual(renamed.display_name, "New name")
        assert.deepStrictEqual(renamed.custom, { a: [null, { b: "c" }] })
        assert.deepStrictEqual(
          (yield* users.search("new na", 10)).map((user) => user.id),
          [id],
        )
      }),
    )

    it.effect("of some ids those who exist are found", () =>
      Effect.gen(function* () {
        const users = yield* UserStore
        const id = yield* newUser()
        const found = yield* users.byIds([id, 999_999_999 as typeof id, id])
        assert.deepStrictEqual(
          found.map((user) => user.id),
          [id],
        )
        assert.deepStrictEqual(yield* users.byIds([]), [])
      }),
    )

    const people = Effect.fnUntraced(function* (...named: ReadonlyArray<readonly [string, string]>) {
      const users = yield* UserStore
      return yield* Effect.forEach(named, ([username, display_name]) =>
        users.create({ ...person(username), display_name }),
      )
    })
    const search = (query: string, limit = 10) =>
      Effect.map(
        Effect.flatMap(UserStore, (users) => users.search(query, limit)),
        (found) => found.map((user) => user.username),
      )

    it.effect("a search matches the beginning of any word of either name, and is ordered by these words", () =>
      Effect.gen(function* () {
        yield* people(
          ["Zoe_1", "Éva 100%"],
          ["zoe.2", "Somebody"],
          ["Abel", "zoe the third"],
          ["Cain", "Zoë Zoeller-Zoo"],
        )
        assert.deepStrictEqual(yield* search("zOe"), ["Abel", "Cain", "zoe.2", "Zoe_1"])
        assert.deepStrictEqual(yield* search("zoe", 2), ["Abel", "Cain"])
        assert.deepStrictEqual(yield* search("zoe_"), ["Zoe_1"])
        assert.deepStrictEqual(yield* search("éva 100%"), ["Zoe_1"])
        assert.deepStrictEqual(yield* search("third zo"), ["Abel"])
        assert.deepStrictEqual(yield* search("zoo zo"), ["Cain"])
        assert.deepStrictEqual(yield* search("hird"), [])
        assert.deepStrictEqual(yield* search("%"), [])
        assert.strictEqual((yield* search(" ", 2)).length, 2)
        assert.strictEqual((yield* search("")).at(0), "Abel")
      }),
    )

    it.effect("a search knows no case, accents or Unicode forms", () =>
      Effect.gen(function* () {
        yield* people(
          ["p1", "Élodie Ångström"],
          ["p2", "Владимир Ёлкин"],
          ["p3", "İstanbul Işık"],
          ["p4", "E\u0301lodie ﬁsch"],
          ["p5", "Jean-Paul O’Brien"],
          ["p6", "ΣΊΣΥΦΟΣ Straße"],
          ["p7", "山田太郎"],
          ["p8", "🐧 fox"],
          ["p9_of_ours", "Nobody"],
        )
        const found = {
          elodie: ["p1", "p4"],
          ÉLO: ["p1", "p4"],
          елкин: ["p2"],
          ЁЛКИН: ["p2"],
          istanbul: ["p3"],
          İST: ["p3"],
        }
        const more = {
          isik: ["p3"],
          ISIK: ["p3"],
          angstrom: ["p1"],
          fisch: ["p4"],
          "jean p": ["p5"],
          paul: ["p5"],
          "o'br": ["p5"],
        }
        const rest = {
          σισυφος: ["p6"],
          STRASSE: ["p6"],
          太郎: ["p7"],
          "🐧": ["p8"],
          ours: ["p9_of_ours"],
          p9_o: ["p9_of_ours"],
        }
        for (const [query, usernames] of Object.entries({ ...found, ...more, ...rest })) {
          assert.deepStrictEqual([query, ...(yield* search(query))], [query, ...usernames])
        }
      }),
    )

    it.effect("a user whose user name matches exactly is first, and listed once", () =>
      Effect.gen(function* () {
        yield* people(["aaron", "Kim"], ["kimber", "Kim Kimson"], ["Kim", "Zed kim"])
        assert.deepStrictEqual(yield* search("kim"), ["Kim", "aaron", "kimber"])
        assert.deepStrictEqual(yield* search("KIM", 1), ["Kim"])
        assert.deepStrictEqual(yield* search("kim kims"), ["kimber"])
      }),
    )

    it.effect("a renamed user is found by the new name, and not by the old one", () =>
      Effect.gen(function* () {
        const users = yield* UserStore
        const [me] = yield* people(["renamed1", "Former Self"])
        yield* users.change(me!.id, { display_name: "Latter Self", info: {} })
        assert.deepStrictEqual(yield* search("former"), [])
        assert.deepStrictEqual(yield* search("self lat"), ["renamed1"])
        assert.deepStrictEqual(yield* search("renamed1"), ["renamed1"])
      }),
    )

    it.effect("with several frequent words that few users have together, those users are found", () =>
      Effect.gen(function* () {
        const some = (prefix: string, name: string): ReadonlyArray<readonly [string, string]> =>
          Array.from({ length: 600 }, (_, i) => [`${prefix}${i}`, name] as const)
        yield* people(...some("xa", "Xaver Common"), ["last", "Xaver Yves"], ...some("yb", "Yves Common"))
        assert.deepStrictEqual(yield* search("xaver yves"), ["last"])
        assert.deepStrictEqual(yield* search("yv x"), ["last"])
        assert.strictEqual((yield* search("common xaver", 50)).length, 50)
      }),
    )
  })
}
