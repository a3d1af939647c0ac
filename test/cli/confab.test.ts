// The command `confab` as an operator uses it: with the built-in database, and beside a running server on PostgreSQL.
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it, onTestFinished, vi } from "vitest"
import { version } from "../../src/contract/version.ts"
import { begin, confab } from "../support/confab.ts"
import { startedBefore } from "../support/dataDir.ts"
import { Person } from "../support/person.ts"
import type { Server } from "../support/server.ts"
import { jwtSecret, serverOnPostgres } from "../support/sharedServer.ts"

// A start takes seconds of processor time, which a busy machine may not have for a while.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const directory = mkdtempSync(join(tmpdir(), "confab-command-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe("confab", () => {
  it("shows help and version without settings, and touches nothing", async () => {
    const env = { PORT: "wrong", DATA_DIR: join(directory, "untouched") }
    const help = await confab(["users", "suspend", "--help"], { env })
    assert.strictEqual(help.code, 0)
    assert.match(help.stdout, /confab users suspend/)
    const shown = await confab(["version"], { env })
    assert.deepStrictEqual([shown.code, shown.stdout.split(",")[0]], [0, `Confab ${version}`])
    assert.isFalse(existsSync(env.DATA_DIR))
  })

  it("says what is wrong with a call, on stderr, and exits with 1", async () => {
    const unknown = await confab(["users", "delete", "ann"])
    assert.strictEqual(unknown.code, 1)
    assert.match(unknown.stderr, /Unknown subcommand "delete"/)
    const settings = await confab(["users", "list"], { env: { DIRECTORY: "some", SIGN_UP: "some" } })
    assert.deepStrictEqual(
      [settings.code, settings.stdout, settings.stderr],
      [
        1,
        "",
        'DIRECTORY must be one of all, shared, off, but is "some".\nSIGN_UP must be one of open, invite, closed, but is "some".',
      ],
    )
  })

  it("reads .env, or the file that ENV_FILE names; the environment wins; and warns of mistyped settings", async () => {
    const cwd = join(directory, "with-file")
    mkdirSync(cwd)
    writeFileSync(join(cwd, ".env"), "SIGN_UP=invite\nDIRECTORY=off\nDATABSE_URL=postgres://hidden@db/confab\n")
    const byFile = await confab(["check"], { cwd, env: { DIRECTORY: "shared" } })
    assert.strictEqual(byFile.code, 0)
    assert.include(byFile.stdout, "Sign-up is invite, the directory is shared.")
    assert.include(byFile.stdout, "Warning: DATABSE_URL is no setting. Is DATABASE_URL meant?")
    assert.include(byFile.stdout, `The built-in database will be made in ${join(cwd, "data")}`)
    assert.notInclude(byFile.stdout + byFile.stderr, "hidden")
    assert.isFalse(existsSync(join(cwd, "data")))
    const missing = await confab(["check"], { cwd, env: { ENV_FILE: "nowhere" } })
    assert.deepStrictEqual(
      [missing.code, missing.stderr],
      [1, "ENV_FILE names the file nowhere, which cannot be read (ENOENT)."],
    )
  })
})

describe("with the built-in database", () => {
  const env = { DATA_DIR: join(directory, "data") }
  beforeAll(() => {
    mkdirSync(env.DATA_DIR)
    startedBefore(env.DATA_DIR)
  })

  it("adds accounts, with the password from stdin alone", async () => {
    const added = await confab(["users", "add", "ann", "ann@example.org", "--name", "Ann"], {
      env,
      input: "correct horse\n",
    })
    assert.deepStrictEqual([added.code, added.stdout], [0, "Added ann with the id 1."])
    const again = await confab(["users", "add", "ANN", "other@example.org"], { env, input: "correct horse" })
    assert.deepStrictEqual([again.code, again.stderr], [1, "This user name is taken."])
    const short = await confab(["users", "add", "bob", "bob@example.org"], { env, input: "short" })
    assert.strictEqual(short.code, 1)
    assert.match(short.stderr, /^A password has 8 to 256 characters/)
    const list = await confab(["users", "list"], { env })
    assert.match(list.stdout, /^ID {2}USER .*\n1 {3}ann {3}ann@example\.org {2}Ann /)
    assert.strictEqual(list.stdout.split("\n").length, 2)
  })

  it("starts the server that knows them, and does not open its database beside it", async () => {
    const server = begin(["serve"], { env: { ...env, PORT: "0", HOST: "127.0.0.1" } })
    onTestFinished(() => void server.kill("SIGKILL"))
    const port = await new Promise<string>((resolve, reject) => {
      let logs = ""
      server.stdout?.on("data", (chunk: Buffer) => {
        logs += chunk
        const found = /Confab is listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(logs)?.[1]
        if (found !== undefined) resolve(found)
      })
      server.once("close", () => reject(new Error(`The server ended: ${logs}`)))
    })
    const ended = once(server, "close")
    const body = JSON.stringify({ login: "ann", password: "correct horse" })
    const headers = { "content-type": "application/json", "sec-fetch-site": "same-origin" }
    const entered = await fetch(`http://127.0.0.1:${port}/login`, { method: "POST", headers, body })
    assert.strictEqual(entered.status, 200)

    // The database can be opened only once.
    const beside = await confab(["users", "list"], { env })
    assert.strictEqual(beside.code, 1)
    assert.match(beside.stderr, /^A server is using DATA_DIR.* Stop the server first\./)
    const looked = await confab(["check"], { env })
    assert.deepStrictEqual([looked.code, /A server is using the built-in database/.test(looked.stdout)], [0, true])

    server.kill("SIGTERM")
    await ended
    assert.strictEqual(server.exitCode, 0)
  })

  it("migrates", async () => {
    const migrated = await confab(["migrate"], { env })
    assert.strictEqual(migrated.code, 0)
    assert.match(migrated.stdout, /^The tables are up to date \(\d{4}_\w+\): /)
  })
})

describe("beside a server on PostgreSQL", () => {
  let server: Server
  let invite: string
  let env: Readonly<Record<string, string>>
  beforeAll(async () => {
    server = await serverOnPostgres({ SIGN_UP: "invite" })
    env = { DATABASE_URL: server.databaseUrl ?? "", JWT_SECRET: jwtSecret, SIGN_UP: "invite" }
    const { code, stdout } = await confab(["invites", "create", "--uses", "5", "--days", "3"], { env })
    assert.strictEqual(code, 0)
    invite = /\/register\?invite=([\w-]{22})$/.exec(stdout)?.[1] ?? ""
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  const signUp = async (person: Person, code: string) => {
    const { password, username } = person
    return person.http("POST", "/users", { username, password, email: `${username}@example.com`, invite: code })
  }
  const invited = async (name: string): Promise<Person> => {
    const person = Person.named(server.url, name)
    const reply = await signUp(person, invite)
    assert.strictEqual(reply.status, 201)
    person.id = reply.body.id
    await person.logIn()
    return person
  }

  it("makes invites that the server takes, shows how they are used, and revokes them", async () => {
    await invited("guest")
    const list = await confab(["invites", "list"], { env })
    assert.match(list.stdout, /^ID {2}USED .*\n1 {3}1 of 5 /)
    assert.notInclude(list.stdout, invite)
    const other = await confab(["invites", "create"], { env })
    const code = /invite=([\w-]{22})$/.exec(other.stdout)?.[1] ?? ""
    assert.strictEqual((await confab(["invites", "revoke", "2"], { env })).code, 0)
    assert.strictEqual((await signUp(Person.named(server.url, "late"), code)).status, 403)
    const gone = await confab(["invites", "revoke", "2"], { env })
    assert.deepStrictEqual([gone.code, gone.stderr], [1, "There is no invite 2."])
  })

  it("suspends: sockets and tokens end at once, log-in says so, and resuming lets in again", async () => {
    const ada = await invited("ada")
    const device = await ada.connect()
    const suspended = await confab(["users", "suspend", ada.username], { env })
    assert.deepStrictEqual([suspended.code, suspended.stdout], [0, `${ada.username} is suspended. 1 session ended.`])
    assert.strictEqual((await device.closed).code, 4501)
    assert.strictEqual((await ada.http("GET", "/me")).status, 401)
    assert.strictEqual((await ada.http("POST", "/refresh", { refresh_token: ada.refresh_token })).status, 401)
    const { password, username } = ada
    const login = (password: string) =>
      Person.named(server.url, "any").http("POST", "/login", { login: username, password })
    const refused = await login(password)
    assert.deepStrictEqual([refused.status, refused.body._tag], [403, "AccountSuspended"])
    const wrong = await login("not the password")
    assert.deepStrictEqual([wrong.status, wrong.body._tag], [401, "InvalidCredentials"])
    const token = await ada.form("/token", { username, password })
    assert.deepStrictEqual(
      [token.status, token.body.error, token.body.error_description],
      [400, "invalid_grant", "This account is suspended."],
    )
    const list = await confab(["users", "list", "--query", username], { env })
    assert.match(list.stdout, /\n\d+ +ada\S+ .* 0 +\d{4}-\d\d-\d\d \d\d:\d\dZ$/)
    assert.strictEqual((await confab(["users", "resume", `${username}@EXAMPLE.com`], { env })).code, 0)
    await ada.logIn()
    assert.strictEqual((await ada.http("GET", "/me")).status, 200)
    const { items } = await ada.ok("GET", "/me/export").then((all) => ({ items: all.security_events }))
    const events = items.map(({ event }: { event: string }) => event)
    assert.includeMembers(events, ["signed_up", "account_suspended", "account_resumed"])
  })

  it("makes server administrators, of whom a running server shows it to themselves, and takes the role back", async () => {
    const help = await confab(["users", "make-admin", "--help"])
    assert.match(help.stdout.replace(/\s+/g, " "), /The role gives no rights in this version/)
    const eve = await invited("eve")
    const other = await invited("other")
    const shown = async () => ({
      me: (await eve.ok("GET", "/me")).server_role,
      exported: (await eve.ok("GET", "/me/export")).profile.server_role,
      others: "server_role" in (await other.ok("GET", `/users/${eve.id}`)),
    })
    assert.deepStrictEqual(await shown(), { me: undefined, exported: undefined, others: false })
    const made = await confab(["users", "make-admin", `${eve.username}@EXAMPLE.com`], { env })
    assert.deepStrictEqual(
      [made.code, made.stdout],
      [0, `${eve.username}@EXAMPLE.com is a server administrator. The role gives no rights yet.`],
    )
    assert.deepStrictEqual(await shown(), { me: "admin", exported: "admin", others: false })
    const { password, username } = eve
    const entered = await eve.http("POST", "/login", { login: username, password })
    assert.strictEqual(entered.body.user.server_role, "admin")
    const list = await confab(["users", "list", "--query", username], { env })
    assert.match(list.stdout, / ROLE +SUSPENDED\n\d+ +eve\S+ .* \d+ +admin$/)
    assert.strictEqual((await confab(["users", "remove-admin", username], { env })).code, 0)
    assert.deepStrictEqual(await shown(), { me: undefined, exported: undefined, others: false })
    const again = await confab(["users", "remove-admin", username], { env })
    assert.deepStrictEqual([again.code, again.stderr], [1, `${username} is not a server administrator.`])
    const { security_events } = await eve.ok("GET", "/me/export")
    const events = security_events.map(({ event }: { event: string }) => event)
    assert.deepStrictEqual(
      events.filter((event: string) => event.startsWith("server_admin")),
      ["server_admin_made", "server_admin_removed"],
    )
  })

  it("resets a password: the old one and all sessions are over", async () => {
    const bob = await invited("bob")
    const device = await bob.connect()
    const sessions = await confab(["users", "sessions", bob.username], { env })
    assert.match(sessions.stdout, /^ID .*\n[0-9a-f-]{36} /)
    const reset = await confab(["users", "reset-password", bob.username], { env, input: "another password\n" })
    assert.deepStrictEqual([reset.code, reset.stdout], [0, "The password is changed. 1 session ended."])
    assert.strictEqual((await device.closed).code, 4501)
    const { password, username } = bob
    assert.strictEqual((await bob.form("/token", { username, password })).status, 400)
    assert.strictEqual((await bob.form("/token", { username, password: "another password" })).status, 200)
    const nobody = await confab(["users", "reset-password", "nobody"], { env, input: "another password" })
    assert.deepStrictEqual([nobody.code, nobody.stderr], [1, 'There is no account "nobody".'])
  })

  it("looks at the database and changes nothing", async () => {
    const upToDate = await confab(["check"], { env })
    assert.match(upToDate.stdout, /Database: PostgreSQL, shared_\w+ on .*\. Its tables are up to date\.$/)
    const url = new URL(env.DATABASE_URL ?? "")
    url.port = "1"
    const away = await confab(["check"], { env: { ...env, DATABASE_URL: url.href } })
    assert.strictEqual(away.code, 1)
    assert.match(away.stderr, /^The database in DATABASE_URL cannot be used: /)
  })
})
