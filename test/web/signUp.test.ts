// What the pages offer to people without an account, where sign-up is not open to everybody.
import { createHash } from "node:crypto"
import pg from "pg"
import { expect, inject, it } from "vitest"
import { Server } from "../support/server.ts"
import { openPage, sharedBrowser } from "./support/browser.ts"

const browser = await sharedBrowser()

/** A database that is removed with the run, in a schema of its own. */
const schema = `sign_up_${process.pid}`
const env = { DATABASE_SCHEMA: schema }
const databaseUrl = inject("postgresUrl")

const invited = async (code: string) => {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const hash = createHash("sha256").update(code).digest()
  await client
    .query(
      `insert into ${schema}.sign_up_invites (code_hash, created_at, expires_at, max_uses)
       values ($1, now(), now() + interval '1 hour', 1)`,
      [hash],
    )
    .finally(() => client.end())
}

it("by invite: the link of an invite has the form, and only the first who uses it gets in", async () => {
  await using server = await Server.start({ databaseUrl, env: { ...env, SIGN_UP: "invite" } })
  await invited("a-good-code")
  const { page, complaints } = await openPage(browser, server.url)
  await page.goto("/")
  await page.getByRole("link", { name: "Sign in" }).waitFor()
  expect(await page.getByRole("link", { name: "Create an account" }).count()).toBe(0)
  await page.goto("/login")
  await page.getByLabel("User name or e-mail").waitFor()
  expect(await page.getByRole("link", { name: "Create account" }).count()).toBe(0)
  await page.goto("/register")
  await page.getByText("New accounts are by invite here.").waitFor()
  expect(await page.getByLabel("User name").count()).toBe(0)

  const register = async (username: string) => {
    await page.goto("/register?invite=a-good-code")
    await page.getByText("You are invited.").waitFor()
    await page.getByLabel("User name").fill(username)
    await page.getByLabel("E-mail").fill(`${username}@example.com`)
    await page.getByRole("textbox", { name: "Password" }).fill("correct horse battery")
    await page.keyboard.press("Enter")
  }
  await register("first-guest")
  await page.getByRole("textbox", { name: "Search chats and people" }).waitFor()
  await page.context().clearCookies()
  await register("second-guest")
  await page.getByRole("alert").getByText("This invite is not valid").waitFor()
  expect(server.logs).not.toContain("a-good-code")
  expect(complaints).toEqual([])
  await page.context().close()
})

it("closed: no page offers it, and the form's address says so", async () => {
  await using server = await Server.start({ databaseUrl, env: { ...env, SIGN_UP: "closed" } })
  const { page, complaints } = await openPage(browser, server.url)
  await page.goto("/")
  await page.getByRole("link", { name: "Sign in" }).waitFor()
  expect(await page.getByRole("link", { name: "Create an account" }).count()).toBe(0)
  await page.goto("/register?invite=whatever")
  await page.getByText("This server takes no new accounts.").waitFor()
  expect(await page.getByLabel("User name").count()).toBe(0)
  expect(complaints).toEqual([])
  await page.context().close()
})
