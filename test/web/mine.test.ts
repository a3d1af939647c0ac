// What is one's own, in a real browser: settings of chats, drafts and scheduled messages on two devices, blocks, the
// profile, the first steps, and the installed page without a connection.
import pg from "pg"
import type { Locator, Page } from "playwright-core"
import { expect, inject, it } from "vitest"
import { Person } from "../support/person.ts"
import { Server } from "../support/server.ts"
import { serverOnPostgres } from "../support/sharedServer.ts"
import { axe, leaving, openPage, phone, stage, Visitor } from "./support/browser.ts"

const { browser, server } = await stage()

const rowOf = (page: Page, name: string): Locator => page.locator("a.chat-row", { hasText: name })
/** Without what the row says beside the name. */
const names = async (page: Page) =>
  (await page.locator("a.chat-row .chat-row-name").allInnerTexts()).map((text) => text.split("\n")[0])
const choose = (page: Page, item: string) => page.getByRole("menuitem", { name: item, exact: true }).click()
const menuOf = async (page: Page, name: string, item: string) => {
  await rowOf(page, name).click({ button: "right" })
  await choose(page, item)
}
/** A long press of a finger, which is no click afterwards. */
const press = async (row: Locator) => {
  const box = await row.boundingBox()
  const at = { pointerType: "touch", clientX: (box?.x ?? 0) + 60, clientY: (box?.y ?? 0) + 20, bubbles: true }
  await row.dispatchEvent("pointerdown", at)
  await row.page().getByRole("menu").waitFor()
  await row.dispatchEvent("pointerup", at)
  await row.dispatchEvent("click", { bubbles: true, cancelable: true })
}

it("chats are pinned, muted, marked and archived on all devices, by mouse, keyboard and finger; drafts follow", async () => {
  const ann = await Visitor.signUp(browser, server.url, "ann")
  const mobile = await Visitor.enter(browser, ann.person, phone)
  const [boris, carla, dora] = await Promise.all(
    ["boris", "carla", "dora"].map((name) => Person.signUp(server.url, name)),
  )
  if (boris === undefined || carla === undefined || dora === undefined) throw new Error("There are three")
  const [ofBoris, ofCarla] = [await boris.privateChat(ann.person), await carla.privateChat(ann.person)]
  const ofDora = await dora.privateChat(ann.person)
  const say = (by: Person, chat: number, text: string) => by.ok("POST", `/chats/${chat}/messages`, { text })
  const { page } = ann
  await rowOf(page, dora.username).waitFor()
  await say(boris, ofBoris, "From Boris")
  await say(carla, ofCarla, "From Carla")
  await say(dora, ofDora, "From Dora")
  await page.waitForFunction(() => document.title.startsWith("(3)"))
  expect(await names(page)).toEqual([dora, carla, boris].map(({ username }) => username))

  // By the keyboard: the menu has the focus, and gives it back.
  await rowOf(page, boris.username).focus()
  await page.keyboard.press("Shift+F10")
  await page.getByRole("menuitem", { name: "Mark as read", exact: true }).waitFor()
  expect(await axe(page)).toEqual([])
  await page.keyboard.press("ArrowDown")
  await page.keyboard.press("Enter")
  const pinned = [boris, dora, carla].map(({ username }) => username)
  await expect.poll(() => names(page)).toEqual(pinned)
  await expect.poll(() => names(mobile.page)).toEqual(pinned)
  await say(carla, ofCarla, "Again")
  await page.waitForFunction(() => document.title.startsWith("(4)"))
  expect((await names(page))[0]).toBe(boris.username)

  // What is muted counts apart.
  await menuOf(page, carla.username, "Mute…")
  await choose(page, "For 8 hours")
  await rowOf(mobile.page, carla.username).getByText("muted", { exact: true }).waitFor({ state: "attached" })
  await page.waitForFunction(() => document.title.startsWith("(2)"))
  await say(carla, ofCarla, "Nobody hears this")
  await rowOf(page, carla.username).getByText("3 unread messages").waitFor({ state: "attached" })
  expect(await page.title()).toBe("(2) Confab")

  // Only what is unread: the open chat stays, though it is read.
  await page.getByRole("button", { name: /^Unread/ }).click()
  await ann.openChat(dora.username)
  await page.waitForFunction(() => document.title.startsWith("(1)"))
  expect(await names(page)).toContain(dora.username)
  await ann.openChat(boris.username)
  await expect.poll(() => names(page)).not.toContain(dora.username)
  await page.getByRole("button", { name: "All", exact: true }).click()
  await menuOf(page, dora.username, "Mark as unread")
  await rowOf(mobile.page, dora.username).getByText("marked as unread").waitFor({ state: "attached" })
  expect(await axe(page)).toEqual([])
  await ann.openChat(dora.username)
  await rowOf(mobile.page, dora.username).getByText("marked as unread").waitFor({ state: "detached" })

  // Into the archive here, out of it there.
  await menuOf(page, carla.username, "Archive")
  await expect.poll(() => names(page)).not.toContain(carla.username)
  await mobile.page.getByRole("button", { name: /^Archive/ }).click()
  expect(await names(mobile.page)).toEqual([carla.username])
  await press(rowOf(mobile.page, carla.username))
  expect(await mobile.page.locator(".messages").count()).toBe(0)
  await choose(mobile.page, "Take out of the archive")
  await expect.poll(() => names(page)).toContain(carla.username)
  await expect.poll(() => names(mobile.page)).toHaveLength(3)

  // The same settings in the chat's info, and what they mean there.
  await page.locator(".head-who").click()
  const settings = page.getByRole("region", { name: "Settings of this chat" })
  await settings.getByRole("radio", { name: "Mentions" }).click()
  await settings.getByRole("switch", { name: "Pinned to the top" }).click()
  await expect.poll(() => names(mobile.page)).toEqual([dora, boris, carla].map(({ username }) => username))
  expect(await axe(page)).toEqual([])
  await page.keyboard.press("Escape")
  await page.getByRole("dialog").waitFor({ state: "detached" })
  const { items } = await ann.person.ok("GET", `/me/state?prefix=chat:${ofDora}`)
  expect(items[0].value.level).toBe("mentions")

  await ann.composer.fill("I wanted to say")
  await rowOf(mobile.page, dora.username).getByText("I wanted to say").waitFor()
  await mobile.openChat(dora.username)
  expect(await mobile.composer.inputValue()).toBe("I wanted to say")
  await mobile.write("I wanted to say this")
  await ann.sees("I wanted to say this")
  await expect.poll(() => ann.composer.inputValue()).toBe("")
  await leaving(ann, mobile)
}, 90_000)

it("a message is sent later by mouse or keyboard, changed, sent now and deleted", async () => {
  const ann = await Visitor.signUp(browser, server.url, "ann")
  const boris = await Visitor.signUp(browser, server.url, "boris")
  const chat = await ann.person.privateChat(boris.person)
  const { page } = ann
  await ann.openChat(boris.person.username)
  // A ring is for those who move by the keyboard.
  const ring = () => ann.composer.evaluate((field) => getComputedStyle(field).outlineStyle)
  await ann.composer.click()
  expect(await ring()).toBe("none")
  await page.keyboard.press("Shift+Tab")
  await page.keyboard.press("Tab")
  expect([await ann.composer.evaluate((field) => field === document.activeElement), await ring()]).toEqual([
    true,
    "solid",
  ])
  await boris.person.ok("POST", `/chats/${chat}/messages`, { text: "A long story\n".repeat(60) })
  await page.locator(".bubble", { hasText: "A long story" }).waitFor()
  const plan = { name: "plan.txt", mimeType: "text/plain", buffer: Buffer.from("sail") }
  await page.locator("input[type=file]").setInputFiles([plan])
  await page.locator(".tray").waitFor()
  await ann.composer.fill("Tomorrow then")
  await page.getByRole("button", { name: "Send", exact: true }).click({ button: "right" })
  await choose(page, "Send later…")
  await page.getByRole("dialog", { name: "Send later" }).waitFor()
  expect(await axe(page)).toEqual([])
  await page.getByLabel("Another time").fill("2020-01-01T00:00")
  await page.getByRole("button", { name: "Schedule" }).click()
  await page.getByText("Choose a time from now to a year ahead.").waitFor()
  await page.getByRole("button", { name: /^Tomorrow morning/ }).click()
  await page.getByRole("dialog").waitFor({ state: "detached" })
  expect(await ann.composer.inputValue()).toBe("")
  expect(await page.locator(".tray").count()).toBe(0)
  await page.getByRole("button", { name: "1 scheduled message" }).waitFor()

  await ann.composer.fill("In an hour")
  await page.getByRole("button", { name: "Send", exact: true }).focus()
  await page.keyboard.press("ArrowUp")
  await page.getByRole("menuitem", { name: "Send later…" }).waitFor()
  await page.keyboard.press("Enter")
  await page.getByRole("button", { name: /^In an hour/ }).click()
  await page.getByRole("button", { name: "2 scheduled messages" }).click()
  const list = page.getByRole("dialog", { name: "Scheduled messages" })
  await list.getByText("Tomorrow then").waitFor()
  expect(await list.locator(".scheduled-what").allInnerTexts()).toEqual(["In an hour", "1 file, Tomorrow then"])
  expect(await axe(page)).toEqual([])
  await list.getByRole("button", { name: "Actions for “1 file, Tomorrow then”" }).click()
  await choose(page, "Change")
  const change = page.getByRole("dialog", { name: "Change the message" })
  await change.getByLabel("Message", { exact: true }).fill("Tomorrow at nine")
  await change.getByRole("button", { name: "Save" }).click()
  await list.getByRole("button", { name: "Actions for “1 file, Tomorrow at nine”" }).click()
  await choose(page, "Send now")
  await list.getByText("Tomorrow at nine").waitFor({ state: "detached" })
  await list.getByRole("button", { name: "Actions for “In an hour”" }).click()
  await choose(page, "Delete")
  await list.getByText("Nothing is scheduled in this chat.").waitFor()
  await page.keyboard.press("Escape")
  await ann.sees("Tomorrow at nine")
  // The view is at the end, though it has grown.
  expect(await page.locator(".jump").count()).toBe(0)
  const { items } = await boris.person.ok("GET", `/chats/${chat}/messages`)
  const sent = items.map(({ attachments, text }: { attachments?: [{ name: string }]; text: string }) => [
    text,
    attachments?.map(({ name }) => name),
  ])
  expect(sent.slice(1)).toEqual([["Tomorrow at nine", ["plan.txt"]]])
  await leaving(ann, boris)
}, 60_000)

it("users are blocked and unblocked, reading is private, and the profile signs out all other devices", async () => {
  const ann = await Visitor.signUp(browser, server.url, "ann")
  const boris = await Visitor.signUp(browser, server.url, "boris")
  const other = await Visitor.enter(browser, ann.person, phone)
  await ann.person.privateChat(boris.person)
  const { page } = ann
  const name = boris.person.username
  await ann.openProfile("Privacy")
  await page.getByText("You have blocked nobody.").waitFor()
  await page.getByRole("switch", { name: "Show when I have read" }).click()
  await page.getByRole("switch", { name: "Name me in forwards" }).click()
  await expect
    .poll(async () => (await ann.person.ok("GET", "/me/state?prefix=settings")).items[0]?.value)
    .toEqual({
      forward_link: false,
      read_receipts: false,
    })
  expect(await axe(page)).toEqual([])
  await page.keyboard.press("Escape")
  await page.getByRole("dialog").waitFor({ state: "detached" })
  await boris.openChat(ann.person.username)
  await boris.write("Do you read this?")
  await ann.openChat(name)
  await rowOf(other.page, name).getByText("1 unread message").waitFor({ state: "detached" })
  expect(await boris.message("Do you read this?").locator(".status-read").count()).toBe(0)

  await page.locator(".head-who").click()
  await page.getByRole("button", { name: "Block", exact: true }).click()
  await page
    .getByRole("dialog", { name: /^Block/ })
    .getByRole("button", { name: "Block", exact: true })
    .click()
  const settings = page.getByRole("region", { name: "Settings of this chat" })
  await settings.getByRole("button", { name: "Unblock", exact: true }).waitFor()
  await page.keyboard.press("Escape")
  await page.getByText("You have blocked this user.").waitFor()
  expect(await ann.composer.count()).toBe(0)
  expect(await axe(page)).toEqual([])
  // The page shows it before the server has answered.
  const block = `block:${boris.person.id}`
  await expect.poll(async () => (await ann.person.ok("GET", `/me/state?prefix=${block}`)).items[0]?.key).toBe(block)
  await boris.write("Let me in")
  await boris.message("Let me in").getByText("Send again").waitFor()

  await page.getByRole("button", { name: "Menu" }).click()
  await page.getByRole("menuitem", { name: "Profile and devices" }).click()
  const profile = page.getByRole("dialog")
  await profile.getByText(/\d devices are signed in/).waitFor()
  expect(await axe(page)).toEqual([])
  // Nothing in its first view is louder than the rest.
  expect(await profile.locator(".button-main, .button-danger").count()).toBe(0)
  for (const part of ["Account", "Notifications", "Appearance and language", "Devices", "Privacy"]) {
    await profile.getByRole("button", { name: new RegExp(`^${part}`) }).click()
    await page.getByRole("dialog", { name: part }).waitFor()
    expect(await axe(page)).toEqual([])
    expect(await page.locator(".button-danger").count()).toBe(0)
    if (part !== "Privacy") await page.getByRole("button", { name: "Profile", exact: true }).click()
  }
  await page.getByRole("button", { name: `Unblock ${name}` }).click()
  await page.getByText("You have blocked nobody.").waitFor()
  await page.getByRole("button", { name: "Profile", exact: true }).click()
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("data-part"))).toBe("privacy")
  await page.getByRole("button", { name: /^Devices/ }).click()
  await page.getByRole("button", { name: "Sign out all other devices" }).click()
  const question = page.getByRole("dialog", { name: "Sign out all other devices?" })
  await question.getByRole("button", { name: "Sign out all other devices" }).click()
  await other.page.getByText("Your session has ended. Please sign in again.").waitFor()
  await page.getByText("You are signed in on this device alone.").waitFor()
  await leaving(ann, boris, other)
}, 90_000)

it("a new account is led to its first message, and one that is suspended hears why it cannot log in", async () => {
  const schema = `mine_${process.pid}`
  const databaseUrl = inject("postgresUrl")
  await using own = await Server.start({ databaseUrl, env: { DATABASE_SCHEMA: schema, SIGN_UP: "open" } })
  const boris = await Person.signUp(own.url, "boris")
  const ann = await Visitor.signUp(browser, own.url, "ann", phone)
  const { page } = ann
  const steps = page.getByRole("region", { name: "Welcome! Write your first message" })
  await steps.getByRole("button", { name: boris.username }).waitFor()
  await steps.getByText(`${own.url}/register`).waitFor()
  expect(await axe(page)).toEqual([])
  await steps.getByRole("button", { name: "Write to yourself" }).click()
  await ann.write("Buy milk")
  await ann.sees("Buy milk")
  await page.goBack()
  await rowOf(page, "Saved messages").waitFor()

  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client
    .query(`update ${schema}.users set suspended_at = now() where username = $1`, [boris.username])
    .finally(() => client.end())
  const stranger = await openPage(browser, own.url)
  await stranger.page.goto("/login")
  await stranger.page.getByLabel("User name or e-mail").fill(boris.username)
  await stranger.page.getByRole("textbox", { name: "Password" }).fill(boris.password)
  await stranger.page.keyboard.press("Enter")
  await stranger.page.getByRole("alert").getByText("This account is suspended.").waitFor()
  expect(stranger.complaints).toEqual([])
  await stranger.page.context().close()
  await leaving(ann)
}, 90_000)

it("is installed: opens without a connection, and loads a newer version without losing what was typed", async () => {
  await using own = await serverOnPostgres()
  const ann = await Visitor.signUp(browser, own.url, "ann", { serviceWorkers: "allow" })
  const boris = await Person.signUp(own.url, "boris")
  await ann.person.privateChat(boris)
  const { page } = ann
  const manifest = await page.evaluate(async () => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="manifest"]')
    const address = link?.href ?? ""
    const { icons, start_url } = await (await fetch(address)).json()
    const answers = await Promise.all(
      icons.map(async ({ purpose, src }: { purpose?: string; src: string }) => [
        (await fetch(new URL(src, address))).headers.get("content-type"),
        purpose,
      ]),
    )
    return { start_url: new URL(start_url, address).pathname, answers }
  })
  expect(manifest).toEqual({
    start_url: "/messenger",
    answers: [
      ["image/png", undefined],
      ["image/png", undefined],
      ["image/png", "maskable"],
    ].map(([type, purpose]) => [type, purpose]),
  })
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated")
  await page.waitForFunction(async () => (await caches.match("/messenger")) !== undefined)

  await own.kill9()
  await page.goto("/messenger/c/1")
  await page.getByText("No connection to the server. Confab opens when it is back.").waitFor()
  expect(await axe(page)).toEqual([])
  await own.restart()
  await page.locator(".list-pane").waitFor({ timeout: 40_000 })

  await page.goto("/messenger")
  await ann.openChat(boris.username)
  // A worker has taken over: of this page at first, then of another one.
  const workerComes = async () => {
    const answer = page.waitForResponse(`${own.url}/messenger`)
    // The page listens once it is idle.
    const timer = await page.evaluate(() =>
      setInterval(() => navigator.serviceWorker.dispatchEvent(new Event("controllerchange")), 100),
    )
    await (await answer).finished()
    await page.evaluate((id) => clearInterval(id), timer)
  }
  await workerComes()
  expect(await page.getByRole("button", { name: "Update" }).count()).toBe(0)
  await page.route(`${own.url}/messenger`, async (route) => {
    const answer = await route.fetch()
    await route.fulfill({
      response: answer,
      body: (await answer.text()).replace(/index-[\w-]+\.js/, "index-newer000.js"),
    })
  })
  await workerComes()
  await page.getByRole("button", { name: "Update" }).waitFor()
  await page.unrouteAll({ behavior: "wait" })
  expect(await axe(page)).toEqual([])
  await ann.composer.fill("Not finished")
  const loaded = page.waitForEvent("load")
  await page.getByRole("button", { name: "Update" }).click()
  await loaded
  await expect.poll(() => ann.composer.inputValue()).toBe("Not finished")
  await leaving(ann)
}, 90_000)
