// What DATABASE_URL may contain, and what is refused.
import { Redacted, Result } from "effect"
import { assert, describe, it } from "vitest"
import { type PostgresUrl, parsePostgresUrl } from "../../src/config/PostgresUrl.ts"

type Revealed = Omit<PostgresUrl, "password"> & { readonly password: string | undefined }

const parsed = (text: string): Revealed => {
  const { password, ...url } = Result.getOrThrow(parsePostgresUrl(text))
  return { ...url, password: password && Redacted.value(password) }
}

const plain: Revealed = {
  hosts: [{ host: "db", port: 5432 }],
  database: "confab",
  username: "user",
  password: "secret",
  ssl: false,
  applicationName: undefined,
  options: undefined,
  connectTimeout: undefined,
}

describe("DATABASE_URL", () => {
  it("is taken apart", () => {
    assert.deepStrictEqual(parsed("postgres://user:secret@db/confab"), plain)
    assert.deepStrictEqual(parsed("postgresql://us%40er:p%2F%40%3a:x@db:5433/con%20fab"), {
      ...plain,
      hosts: [{ host: "db", port: 5433 }],
      database: "con fab",
      username: "us@er",
      password: "p/@::x",
    })
    assert.deepStrictEqual(parsed("postgres://db/confab"), { ...plain, username: undefined, password: undefined })
    assert.deepStrictEqual(parsed("postgres:///confab?user=user&password=secret&host=/run/postgresql"), {
      ...plain,
      hosts: [{ host: "/run/postgresql", port: 5432 }],
    })
    assert.deepStrictEqual(parsed("postgres://user:secret@[fd00::1]:5433/?dbname=confab").hosts, [
      { host: "fd00::1", port: 5433 },
    ])
    assert.deepStrictEqual(parsed("postgres://user:secret@%2Frun%2Fpg/confab").hosts, [{ host: "/run/pg", port: 5432 }])
    assert.deepStrictEqual(parsed("postgres:///confab").hosts, [{ host: "localhost", port: 5432 }])
  })

  it("keeps every parameter that it may have", () => {
    const text =
      "postgres://user:secret@db/confab?sslmode=verify-full&application_name=my%20chat&connect_timeout=3" +
      "&options=-c%20search_path%3Dchat&target_session_attrs=read-write"
    assert.deepStrictEqual(parsed(text), {
      ...plain,
      ssl: true,
      applicationName: "my chat",
      connectTimeout: 3,
      options: "-c search_path=chat",
    })
    const modes = ["disable", "allow", "prefer", "require", "verify-ca"].map(
      (mode) => parsed(`postgres://db/confab?sslmode=${mode}`).ssl,
    )
    assert.deepStrictEqual(modes, [false, "prefer", "prefer", true, true])
  })

  it("may name several hosts", () => {
    const hosts: PostgresUrl["hosts"] = [
      { host: "a", port: 5432 },
      { host: "10.0.0.2", port: 5433 },
      { host: "fd00::1", port: 5434 },
    ]
    assert.deepStrictEqual(parsed("postgres://u@a,10.0.0.2:5433,[fd00::1]:5434/confab").hosts, hosts)
    assert.deepStrictEqual(
      parsed("postgres://u@/confab?host=a,10.0.0.2,fd00::1&port=5432,5433,5434&target_session_attrs=primary").hosts,
      hosts,
    )
    assert.deepStrictEqual(parsed("postgres://u@a,b/confab?port=6000").hosts, [
      { host: "a", port: 6000 },
      { host: "b", port: 6000 },
    ])
  })

  const refused: ReadonlyArray<readonly [url: string, problem: RegExp]> = [
    ["mysql://db/confab", /^must be a PostgreSQL URL, such as postgres:/],
    ["postgres:db/confab", /^must be a PostgreSQL URL/],
    ["postgres://user:hidden@db", /^must name a database, such as/],
    ["postgres://user:hidden@db/", /^must name a database, such as/],
    ["postgres://user:hidden@db/?sslmode=require", /^must name a database, such as/],
    ["postgres://user:hid@den@db/confab", /written as %2F %3F %23 %40 %20$/],
    ["postgres://user:12/hidden@db/confab", /written as %2F %3F %23 %40 %20$/],
    ["postgres://user:12?hidden@db/confab", /written as %2F %3F %23 %40 %20$/],
    ["postgres://user:12#hidden@db/confab", /^must be a PostgreSQL URL/],
    ["postgres://user:%hidden@db/confab", /^must have each % in it written as %25$/],
    ["postgres://user:hidden@db:0/confab", /^must have a port from 1 to 65535$/],
    ["postgres://user:hidden@db:hidden/confab", /^must have a port from 1 to 65535$/],
    ["postgres://user:hidden@a,b,c/confab?port=1,2", /^must have one port, or one for each host$/],
    ["postgres://user:hidden@db/confab?sslmode=no-verify", /^must have an sslmode of disable, allow, prefer, require/],
    ["postgres://user:hidden@db/confab?sslrootcert=/ca.pem", /^has the parameter sslrootcert.*NODE_EXTRA_CA_CERTS$/],
    ["postgres://user:hidden@db/confab?schema=chat", /^has the parameter schema, .*: set DATABASE_SCHEMA$/],
    ["postgres://user:x@db/confab?hidden=1", /^must have no parameters but host, port, user, password, dbname/],
    ["postgres://user:hidden@db/confab?target_session_attrs=standby", /^must have no target_session_attrs but read-w/],
    ["postgres://user:hidden@db/confab?connect_timeout=soon", /^must have a connect_timeout in whole seconds$/],
  ]
  for (const [url, problem] of refused) {
    it(`${url} is refused, without showing it`, () => {
      const result = parsePostgresUrl(url)
      assert.isTrue(Result.isFailure(result))
      const text = Result.isFailure(result) ? result.failure : ""
      assert.match(text, problem)
      assert.notInclude(text, "hidden")
    })
  }
})
