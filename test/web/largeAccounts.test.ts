// Many chats and long conversations in a real browser: what is in the document, what the keyboard and screen readers find, and
// that nothing jumps while far away messages come and go.
import type { Page } from "playwright-core"
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { Speaker } from "../support/speaker.ts"
import { axe, leaving, stage, Visitor } from "./support/browser.ts"

const { browser, server } = await stage()

/** Scrolls by steps until `done`, or the end; how far what one looks at moved beyond each step. */
const jumpsWhile = (page: Page, step: number, done: string) =>
  page.evaluate(
    async ([step, done]) => {
      const box = document.querySelector<HTMLElement>(".messages")
      if (box === null) throw new Error("no messages")
      const frame = () => new Promise(requestAnimationFrame)
      const jumps: Array<number> = []
      const there = () => [...box.querySelectorAll(".bubble-text")].some((text) => text.textContent?.startsWith(done))
      for (let i = 0; i < 3_000 && !there(); i++) {
        const middle = box.getBoundingClientRect().top + 300
        const line = [...box.querySelectorAll<HTMLElement>("[data-entry]")].find(
          (one) => one.getBoundingClientRect().bottom > middle,
        )
        if (line === undefined) throw new Error("an empty screen")
        const [before, from] = [line.getBoundingClientRect().top, box.scrollTop]
        box.scrollBy(0, step)
        const scrolled = box.scrollTop - from
        await frame()
        await frame()
        // A step that came to the newest message, or near it: the view goes to the end, and stays there as rows get their
        // heights.
        const isAtEnd = step > 0 && there() && box.scrollTop + box.clientHeight >= box.scrollHeight - 1
        if (line.isConnected && !isAtEnd) jumps.push(Math.abs(line.getBoundingClientRect().top - before + scrolled))
        // At the edge of what is loaded there is a page on its way.
        if (scrolled === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return { jumps, there: there() }
    },
    [step, done] as const,
  )

describe("an account with 500 chats", () => {
  it("shows them from the first page on, with few in the document, and keys and screen readers find them all", async () => {
    const [ann, boris] = [await Person.signUp(server.url, "ann"), await Person.signUp(server.url, "boris")]
    const made: Array<{ readonly id: number; readonly name: string; readonly created_at: string }> = []
    for (let i = 0; i < 500; i += 25) {
      const names = Array.from({ length: 25 }, (_, k) => `Group ${i + k}`)
      const group = (name: string) => ann.ok("POST", "/chats", { type: "group", name, member_ids: [boris.id] })
      made.push(...(await Promise.all(names.map(group))))
    }
    made.sort((a, b) => a.created_at.localeCompare(b.created_at) || a.id - b.id)
    /** Names in the order of the list: that of the newest message, then those by their age, the oldest last. */
    const [first, newest] = [made[0]!, made[250]!]
    for (const { id } of [first, newest]) await boris.ok("POST", `/chats/${id}/messages`, { text: "Hello" })
    const name = (fromTheEnd: number) => `Group: ${made[fromTheEnd]?.name}`
    const visitor = await Visitor.enter(browser, ann)
    const { page } = visitor
    const rows = page.locator("a.chat-row")
    const row = (title: string) =>
      page.locator("a.chat-row", { has: page.locator(".chat-row-name", { hasText: new RegExp(`^${title}$`) }) })
    let letGo = () => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    await page.route(/\/chats\?.*before=/, async (route) => {
      await held
      await route.continue()
    })
    await page.goto("/messenger")
    await rows.first().waitFor()
    expect(await page.locator("li[aria-setsize='-1'] a.chat-row").first().isVisible()).toBe(true)
    letGo()
    await page.locator("li[aria-setsize='500']").first().waitFor()
    expect(await rows.count()).toBeLessThan(60)
    // The tab counts what no row shows.
    await expect.poll(() => page.title()).toBe("(2) Confab")
    expect(await axe(page)).toEqual([])

    // One below the other, with the sign of a group in the line of its name.
    const places = await page.evaluate(() =>
      [...document.querySelectorAll("a.chat-row")].map((one) => {
        const [name, kind] = [one.querySelector(".chat-row-name"), one.querySelector(".chat-row-kind")]
        const box = one.getBoundingClientRect()
        return { top: box.top, bottom: box.bottom, name: name?.clientHeight ?? 0, kind: kind?.clientHeight ?? 0 }
      }),
    )
    for (const [i, place] of places.entries()) {
      expect(Math.abs(place.top - (places[i - 1]?.bottom ?? place.top))).toBeLessThan(1)
      expect(place.name).toBeLessThan(place.kind * 2)
    }

    const focused = () =>
      page.evaluate(() => {
        const row = document.activeElement?.closest("li")
        const box = document.querySelector(".list-scroll")?.getBoundingClientRect()
        const place = row?.getBoundingClientRect()
        const inView = !!box && !!place && place.top >= box.top - 1 && place.bottom <= box.bottom + 1
        return [row?.querySelector(".chat-row-name")?.textContent, row?.ariaPosInSet, row?.ariaSetSize, inView]
      })
    await page.keyboard.press("Control+Shift+f")
    await page.keyboard.press("ArrowDown")
    expect(await focused()).toEqual([name(250), "1", "500", true])
    await page.keyboard.press("End")
    expect(await focused()).toEqual([name(1), "500", "500", true])
    await page.keyboard.press("ArrowUp")
    expect(await focused()).toEqual([name(2), "499", "500", true])
    // What has the focus stays, wherever one scrolls.
    await page.locator(".list-scroll").evaluate((box) => box.scrollTo(0, 0))
    await row(name(250)).waitFor()
    expect((await focused()).slice(0, 2)).toEqual([name(2), "499"])
    await page.keyboard.press("ArrowUp")
    expect(await focused()).toEqual([name(3), "498", "500", true])
    await page.keyboard.press("Enter")
    await page.getByRole("region", { name: `Conversation with ${made[3]?.name}` }).waitFor()
    // Where both panes are seen there is nothing to go back to.
    expect(await page.getByRole("button", { name: "Back", exact: true }).isVisible()).toBe(false)

    // What one looks at in the middle of the list stays where it is when another chat comes to the top.
    const top = () => row(name(6)).evaluate((one) => one.getBoundingClientRect().top)
    const before = await top()
    await boris.ok("POST", `/chats/${made[4]?.id}/messages`, { text: "Up" })
    await expect.poll(() => page.title()).toBe("(3) Confab")
    await row(name(4)).waitFor({ state: "detached" })
    expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(1)

    await page.keyboard.press("Control+Shift+f")
    await page.keyboard.type("group 77")
    await expect.poll(() => rows.count()).toBe(1)
    await page.keyboard.press("Enter")
    await page.getByRole("region", { name: "Conversation with Group 77" }).waitFor()
    // The whole list again, at the chat that is open.
    await page.locator("a.chat-row[aria-current=true]", { hasText: "Group 77" }).waitFor()
    expect(await page.locator("li[aria-setsize='500']").count()).toBeGreaterThan(1)
    await leaving(visitor)
  }, 120_000)
})

describe("a long conversation", () => {
  it("forgets what is far from the screen and loads it again, without a jump in either direction", async () => {
    const visitor = await Visitor.signUp(browser, server.url, "ann")
    const boris = await Person.signUp(server.url, "boris")
    const chat = await boris.privateChat(visitor.person)
    const speaker = await Speaker.of(boris)
    await speaker.sayMany(chat, 1_500, "Message")
    const { page } = visitor
    await visitor.openChat(boris.username)
    await page.getByRole("button", { name: /Jump to the newest/ }).click()
    await page
      .locator(".messages")
      .getByText(/^Message 1499\./)
      .waitFor()
    // All of them are read before the first of what comes later is counted.
    await page.locator(".chat-row .badge").waitFor({ state: "detached" })
    const requests: Array<string> = []
    page.on("request", (request) => requests.push(request.url()))
    const up = await jumpsWhile(page, -400, "Message 0.")
    expect([up.there, up.jumps.filter((jump) => jump > 2)]).toEqual([true, []])
    expect(requests.some((url) => url.includes("after="))).toBe(false)

    // The newest are not here any more; what comes is counted and does not disturb.
    await speaker.say(chat, "While far away")
    await page.locator(".jump .badge", { hasText: "1" }).waitFor()
    expect(await page.locator(".line").count()).toBeLessThan(80)

    const down = await jumpsWhile(page, 400, "While far away")
    expect([down.there, down.jumps.filter((jump) => jump > 2)]).toEqual([true, []])
    expect(requests.filter((url) => url.includes("after=")).length).toBeGreaterThan(5)
    // Everything that was passed was seen, and what follows is at the end.
    await page.locator(".messages").evaluate((box) => box.scrollTo(0, box.scrollHeight))
    await page.locator(".chat-row .badge").waitFor({ state: "detached" })
    await visitor.write("Here I am")
    await visitor.sees("Here I am")
    speaker.close()
    await leaving(visitor)
  }, 120_000)

  it("stays at the end while thousands of messages arrive", async () => {
    const visitor = await Visitor.signUp(browser, server.url, "ann")
    const boris = await Person.signUp(server.url, "boris")
    const chat = await boris.privateChat(visitor.person)
    const speaker = await Speaker.of(boris)
    await visitor.openChat(boris.username)
    await speaker.sayMany(chat, 2_000, "Live")
    await visitor.page
      .locator(".messages")
      .getByText(/^Live 1999\./)
      .waitFor()
    const up = await jumpsWhile(visitor.page, -400, "Live 1700.")
    expect([up.there, Math.max(...up.jumps) <= 2]).toEqual([true, true])
    speaker.close()
    await leaving(visitor)
  }, 120_000)
})
