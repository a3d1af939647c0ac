// The messenger in a real browser: groups, devices, sizes, themes, long histories, and axe's verdict.
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { Speaker } from "../support/speaker.ts"
import { axe, closed, leaving, openPage, phone, stage, Visitor, wide } from "./support/browser.ts"

const { browser, server } = await stage()

describe("a group", () => {
  it("is created, named, filled, managed and left in the window, and all members see it", async () => {
    const ann = await Visitor.signUp(browser, server.url, "ann")
    const boris = await Visitor.signUp(browser, server.url, "boris")
    const carla = await Visitor.signUp(browser, server.url, "carla")
    const { page } = ann
    await page.getByRole("button", { name: "Menu" }).click()
    await page.getByRole("menuitem", { name: "New group" }).click()
    await page.getByLabel("Group name").fill("Lunch")
    await page.getByLabel("Search people").fill(boris.person.username)
    // Not `check`: whoever is chosen leaves the list with the search.
    await page.getByRole("checkbox", { name: boris.person.username }).click()
    await page.getByRole("button", { name: "Create" }).click()
    await ann.write("Welcome")
    await boris.openChat("Lunch")
    await boris.sees("Welcome")

    await page.locator(".head-who").click()
    await page.getByRole("button", { name: "Rename" }).click()
    await page.getByLabel("Group name").fill("Dinner")
    await page.getByRole("button", { name: "Save" }).click()
    await boris.page.locator(".head-name", { hasText: "Dinner" }).waitFor()
    await page.getByRole("button", { name: "Add people" }).click()
    await page.getByLabel("Search people").fill(carla.person.username)
    await page.getByRole("checkbox", { name: carla.person.username }).click()
    await page.getByRole("button", { name: "Add", exact: true }).click()
    await carla.openChat("Dinner")
    await carla.sees("Welcome")

    await page.getByRole("button", { name: `Actions for ${boris.person.username}` }).click()
    await page.getByRole("menuitem", { name: "Make admin" }).click()
    await page.locator(".role-admin").waitFor()
    await page.keyboard.press("Escape")
    // The window shows who has read it when it opens.
    const [welcome] = (await ann.person.ok("GET", `/chats/${new URL(page.url()).pathname.split("/").at(-1)}/messages`))
      .items
    const readers = async () => (await ann.person.ok("GET", `/messages/${welcome.id}/readers`)).items
    await expect
      .poll(readers)
      .toContainEqual(expect.objectContaining({ user: expect.objectContaining({ id: boris.person.id }) }))
    await ann.act("Welcome", "Who has read it")
    await page.getByRole("dialog").getByText(boris.person.username, { exact: true }).waitFor()
    await page.keyboard.press("Escape")

    await carla.page.locator(".head-who").click()
    await carla.page.getByRole("button", { name: "Leave the group" }).click()
    await carla.page.getByRole("dialog").getByRole("button", { name: "Leave the group" }).click()
    await carla.page.getByText("No chats yet").waitFor()
    await page.locator(".head-about", { hasText: "2 members" }).waitFor()
    await leaving(ann, boris, carla)
  })
})

describe("a device", () => {
  it("can be signed out from another one, and says so", async () => {
    const ann = await Person.signUp(server.url, "ann")
    const here = await Visitor.enter(browser, ann)
    const there = await Visitor.enter(browser, ann, { userAgent: "Mozilla/5.0 (Windows NT 10.0) Firefox/150.0" })
    await here.openProfile("Devices")
    await here.page.getByRole("button", { name: "Sign out Firefox, Windows" }).click()
    await there.page.getByText("Your session has ended. Please sign in again.").waitFor()
    expect(new URL(there.page.url()).pathname).toBe("/login")
    await here.page.getByRole("button", { name: "Sign out Firefox, Windows" }).waitFor({ state: "detached" })
    await leaving(here, there)
  })

  it("signs out by itself, in all its tabs, and returns as the same user", async () => {
    const ann = await Visitor.signUp(browser, server.url, "ann")
    const otherTab = await ann.page.context().newPage()
    await otherTab.goto("/messenger")
    await otherTab.getByText("No chats yet").waitFor()
    await ann.page.getByRole("button", { name: "Menu" }).click()
    await ann.page.getByRole("menuitem", { name: "Sign out" }).click()
    await ann.page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click()
    await ann.page.getByText("You have signed out.").waitFor()
    await otherTab.getByText("You have signed out.").waitFor()
    await ann.page.getByLabel("User name or e-mail").fill(ann.person.username.toUpperCase())
    await ann.page.getByRole("textbox", { name: "Password" }).fill(ann.person.password)
    await ann.page.keyboard.press("Enter")
    await ann.page.getByText("No chats yet").waitFor()
    await leaving(ann)
  })
})

describe("a phone", () => {
  it("shows one pane at a time, and Back leads to the list", async () => {
    const boris = await Person.signUp(server.url, "boris")
    const ann = await Visitor.signUp(browser, server.url, "ann", phone)
    await ann.person.privateChat(boris)
    await ann.openChat(boris.username)
    expect(await ann.page.locator(".pane-list").isVisible()).toBe(false)
    await ann.write("From the phone")
    await ann.sees("From the phone")
    const overflow = await ann.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    await ann.page.goBack()
    await ann.page.locator(".pane-list").waitFor()
    expect(await ann.page.locator(".pane-conversation").isVisible()).toBe(false)
    await leaving(ann)
  })
})

describe("a long history", () => {
  it("is read from the first unread message, upwards without a jump, with few rows in the document", async () => {
    const ann = await Visitor.signUp(browser, server.url, "ann")
    const boris = await Person.signUp(server.url, "boris")
    const chat = await boris.privateChat(ann.person)
    const speaker = await Speaker.of(boris)
    await speaker.sayMany(chat, 600, "Message")
    speaker.close()
    await ann.openChat(boris.username)
    await ann.page.locator(".new-line").waitFor()
    await ann.page.getByText("Message 0.", { exact: false }).first().waitFor()

    await ann.page.getByRole("button", { name: /Jump to the newest/ }).click()
    await ann.page
      .locator(".messages")
      .getByText(/^Message 599\./)
      .waitFor()
    await ann.page.locator(".chat-row .badge").waitFor({ state: "detached" })

    // There and back again; whoever scrolls on by themselves is offered no way back.
    const back = ann.page.getByRole("button", { name: "Back to where you were" })
    await back.click()
    await ann.page.locator(".messages").getByText("Message 0.", { exact: false }).first().waitFor()
    await ann.page.getByRole("button", { name: /Jump to the newest/ }).click()
    await back.waitFor()
    const toEnd = () =>
      ann.page.locator(".messages").evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)
    await expect.poll(toEnd).toBeLessThan(24)
    await ann.page.evaluate(() => document.querySelector(".messages")?.scrollBy(0, -400))
    await back.waitFor({ state: "detached" })
    await ann.page.getByRole("button", { name: /Jump to the newest/ }).waitFor()

    // Scrolling up: whatever is loaded above, visible rows move only by the scrolled distance. At the top of what is loaded, it waits
    // for more.
    const jumps = await ann.page.evaluate(async () => {
      const box = document.querySelector<HTMLElement>(".messages")
      if (box === null) throw new Error("no messages")
      const frame = () => new Promise(requestAnimationFrame)
      const jumps: Array<number> = []
      while (jumps.length < 100) {
        while (box.scrollTop === 0) await frame()
        const middle = box.getBoundingClientRect().top + 300
        const line = [...box.querySelectorAll<HTMLElement>("[data-entry]")].find(
          (one) => one.getBoundingClientRect().bottom > middle,
        )
        if (line === undefined) break
        const before = line.getBoundingClientRect().top
        box.scrollBy(0, -150)
        await frame()
        await frame()
        if (line.isConnected && box.scrollTop > 0) jumps.push(Math.abs(line.getBoundingClientRect().top - before - 150))
      }
      return jumps
    })
    expect(jumps).toHaveLength(100)
    expect(Math.max(...jumps)).toBeLessThanOrEqual(2)
    expect(await ann.page.locator(".line").count()).toBeLessThan(80)
    await leaving(ann)
  }, 60_000)
})

describe("the first load", () => {
  it("brings at most 120 kB of script and is ready within a second", async () => {
    const boris = await Person.signUp(server.url, "boris")
    // The worker would serve the page from its cache, where nothing is compressed.
    const ann = await Visitor.signUp(browser, server.url, "ann", { serviceWorkers: "block" })
    await ann.person.privateChat(boris)
    // What is loaded once the page has nothing to do does not belong to it.
    await ann.page.addInitScript(() => Object.assign(window, { requestIdleCallback: () => 0 }))
    const measured: Array<number> = []
    for (let i = 0; i < 3; i++) {
      await ann.page.goto("about:blank")
      await ann.page.goto("/messenger", { waitUntil: "commit" })
      await ann.page.locator("a.chat-row").waitFor()
      measured.push(await ann.page.evaluate(() => performance.now()))
    }
    const script = await ann.page.evaluate(() =>
      (performance.getEntriesByType("resource") as Array<PerformanceResourceTiming>)
        .filter(({ name }) => new URL(name).pathname.endsWith(".js"))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    )
    expect(script).toBeGreaterThan(50_000)
    expect(script).toBeLessThanOrEqual(120_000)
    // A second is the promise on a machine of one's own; the tests share two cores with everything else.
    expect(Math.min(...measured)).toBeLessThan(2_000)
    await leaving(ann)
  })
})

describe("what is needed later", () => {
  it("is loaded when it is first opened: windows, and another language", async () => {
    const ann = await Visitor.signUp(browser, server.url, "ann", { serviceWorkers: "block" })
    const { page } = ann
    await page.addInitScript(() => Object.assign(window, { requestIdleCallback: () => 0 }))
    await page.goto("/messenger")
    await page.getByText("No chats yet").waitFor()
    /** The names of the loaded files of script, without what their content adds to them. */
    const loaded = () =>
      page.evaluate(() =>
        performance
          .getEntriesByType("resource")
          .map(({ name }) => /\/([\w-]+)-[\w-]{8}\.js$/.exec(new URL(name).pathname)?.[1] ?? ""),
      )
    const count = async (part: string) => (await loaded()).filter((name) => name === part).length
    const parts = ["windows", "ConversationPane", "ThreadPane", "account", "ru"]
    const missing = async () => {
      const names = await loaded()
      return parts.filter((part) => !names.includes(part))
    }
    expect(await loaded()).toContain("messenger")
    expect(await missing()).toEqual(parts)
    await page.getByRole("button", { name: "Menu" }).click()
    await page.getByRole("menuitem", { name: "Profile and devices" }).click()
    await page.getByRole("dialog").waitFor()
    // Those of the messenger, not those of a chat.
    expect(await count("windows")).toBe(1)
    expect(await missing()).toEqual(["ConversationPane", "ThreadPane", "account", "ru"])
    await page.getByRole("button", { name: /^Appearance and language/ }).click()
    await page.getByRole("radio", { name: "Русский" }).check()
    await page.locator("html[lang=ru]").waitFor()
    await page.getByText("Чатов пока нет").waitFor()
    expect(await missing()).toEqual(["ConversationPane", "ThreadPane", "account"])
    await leaving(ann)
  })
})

describe("languages", () => {
  it("are the browser's, and can be switched", async () => {
    const { page } = await openPage(browser, server.url, { locale: "ru-RU" })
    await page.goto("/")
    await page.getByRole("link", { name: "Создать аккаунт" }).waitFor()
    expect(await page.locator("html").getAttribute("lang")).toBe("ru")
    await page.getByRole("button", { name: "English" }).click()
    await page.getByRole("link", { name: "Create an account" }).waitFor()
    await page.reload()
    await page.getByRole("link", { name: "Create an account" }).waitFor()
    await page.context().close()
  })
})

describe("axe", () => {
  for (const [size, options] of [
    ["wide", wide],
    ["phone", phone],
  ] as const) {
    it(`finds nothing: ${size}`, async () => {
      const { page } = await openPage(browser, server.url, options)
      const found: Array<string> = []
      for (const path of ["/", "/login", "/register"]) {
        await page.goto(path)
        await page.locator("main").waitFor()
        if (path === "/register") await page.getByRole("button", { name: "Create account" }).click()
        found.push(...(await axe(page)))
      }
      await page.context().close()

      const ann = await Visitor.signUp(browser, server.url, "ann", options)
      found.push(...(await axe(ann.page)))
      const boris = await Person.signUp(server.url, "boris")
      const chat = await ann.person.group("Friends", boris)
      const hello = await boris.ok("POST", `/chats/${chat}/messages`, { text: "Hello https://example.com" })
      await ann.person.ok("POST", `/chats/${chat}/messages`, { text: "Hi", reply_to: hello.id })
      const gone = await boris.ok("POST", `/chats/${chat}/messages`, { text: "Oh" })
      await boris.ok("DELETE", `/messages/${gone.id}`)
      await ann.page.locator("a.chat-row").waitFor()
      found.push(...(await axe(ann.page)))
      await ann.openChat("Friends")
      await ann.page.locator(".bubble-deleted").waitFor()
      await ann.composer.fill("A draft")
      found.push(...(await axe(ann.page)))
      await ann.page.locator(".head-who").click()
      await ann.page.getByText("Leave the group").waitFor()
      found.push(...(await axe(ann.page)))
      await ann.page.keyboard.press("Escape")
      await closed(ann.page.getByRole("dialog"))
      await ann.page.goto("/messenger")
      for (const item of ["New chat", "New group", "Profile and devices"]) {
        await ann.page.getByRole("button", { name: "Menu" }).click()
        found.push(...(await axe(ann.page)))
        await ann.page.getByRole("menuitem", { name: item }).click()
        await ann.page.getByRole("dialog").waitFor()
        found.push(...(await axe(ann.page)))
        await ann.page.keyboard.press("Escape")
      }
      expect(found).toEqual([])
      await leaving(ann)
    }, 60_000)
  }
})
