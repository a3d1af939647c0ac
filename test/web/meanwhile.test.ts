// Events while a page stays open: the network fails, a session ends, a day passes.
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { Speaker } from "../support/speaker.ts"
import { leaving, stage, Visitor } from "./support/browser.ts"

const { browser, server } = await stage()

const withBoris = async () => {
  const [ann, boris] = [await Visitor.signUp(browser, server.url, "ann"), await Person.signUp(server.url, "boris")]
  return { ann, boris, chatId: await boris.privateChat(ann.person) }
}

describe("a network that fails", () => {
  it("is reported within 10 s, by the clock of the page, and messages that are written then from an earlier place are shown and sent", async () => {
    const { ann, boris, chatId } = await withBoris()
    const speaker = await Speaker.of(boris)
    await speaker.sayMany(chatId, 200, "Message")
    const { page } = ann
    await page.goto(`/messenger/c/${chatId}/7`)
    await page.locator(".line-highlighted").waitFor()
    await page.evaluate(() => {
      const told = { after: 0 }
      Object.assign(window, { told })
      window.addEventListener("offline", () => {
        const from = performance.now()
        new MutationObserver(() => {
          if (document.querySelector(".connection-line") !== null) told.after ||= performance.now() - from
        }).observe(document.body, { childList: true, subtree: true })
      })
    })
    await page.context().setOffline(true)
    await page.locator(".connection-line").waitFor()
    const after = await page.evaluate(() => (window as unknown as { told: { after: number } }).told.after)
    expect(after).toBeGreaterThan(0)
    expect(after).toBeLessThan(10_000)
    await ann.write("From far above")
    await ann.message("From far above").locator(".status-sending").waitFor()
    expect(await ann.message("From far above").isVisible()).toBe(true)
    await page.context().setOffline(false)
    await page.locator(".connection-line").waitFor({ state: "detached" })
    const newest = async () => (await boris.ok("GET", `/chats/${chatId}`)).last_message.text
    await expect.poll(newest).toBe("From far above")
    speaker.close()
    await leaving(ann)
  }, 60_000)
})

describe("a session that ends", () => {
  it("takes nothing along that was typed", async () => {
    const { ann, chatId } = await withBoris()
    const { page, person } = ann
    await page.goto(`/messenger/c/${chatId}`)
    await page.locator(".messages").waitFor()
    await ann.composer.fill("Half a thought")
    const { items } = await person.ok("GET", "/me/sessions")
    for (const { id, current } of items) if (!current) await person.ok("DELETE", `/me/sessions/${id}`)
    await page.getByText("Your session has ended. Please sign in again.").waitFor()
    await page.getByLabel("User name or e-mail").fill(person.username)
    await page.getByRole("textbox", { name: "Password" }).fill(person.password)
    await page.keyboard.press("Enter")
    await page.waitForURL(`**/messenger/c/${chatId}`)
    await page.locator(".messages").waitFor()
    await expect.poll(() => ann.composer.inputValue()).toBe("Half a thought")
    await leaving(ann)
  })
})

describe("a day that passes", () => {
  it("updates relative times: the line of the day, the time in the list, and when a user was last seen", async () => {
    const { ann, boris, chatId } = await withBoris()
    const { page } = ann
    const device = await boris.connect()
    await page.locator(".avatar-online").waitFor()
    await device.close()
    await boris.ok("POST", `/chats/${chatId}/messages`, { text: "Said today" })
    await page.clock.install()
    await page.goto(`/messenger/c/${chatId}`)
    await ann.sees("Said today")
    const day = page.locator(".messages .chip", { hasText: /^(Today|Yesterday)$/ })
    const time = page.locator("a.chat-row time")
    expect(await day.textContent()).toBe("Today")
    expect(await time.textContent()).toMatch(/\d:\d\d/)
    const seen = page.locator(".head-about")
    await seen.getByText("last seen just now").waitFor()
    await page.clock.fastForward("05:00")
    await seen.getByText(/^last seen [5-9] minutes ago$/).waitFor()
    await page.clock.fastForward("24:00:00")
    await expect.poll(() => day.textContent()).toBe("Yesterday")
    await expect.poll(() => time.textContent()).toMatch(/^\p{L}+$/u)
    await ann.leave()
  })
})
