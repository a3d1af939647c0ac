// The narrowest screen, 320 pixels, in the language with the longer words: nothing that can be used is out of sight.
import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { leaving, phone, stage, Visitor } from "./support/browser.ts"

const { browser, server } = await stage()

/** What can be used and lies beyond the sides of the screen, unless it is in a box that scrolls that way. */
const outside = (page: Page): Promise<ReadonlyArray<string>> =>
  page.evaluate(() => {
    const scrolls = (element: Element | null): boolean =>
      element !== null &&
      ((/auto|scroll/.test(getComputedStyle(element).overflowX) && element.scrollWidth > element.clientWidth) ||
        scrolls(element.parentElement))
    const found = [...document.querySelectorAll("a, button, input, textarea, [role=tab], h1, h2")].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect()
      const isSeen = width > 1 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
      return isSeen && (left < -1 || right > innerWidth + 1) && !scrolls(element)
    })
    const names = found.map(
      (element) => `${element.className} ${element.getAttribute("aria-label") ?? element.textContent}`,
    )
    return document.documentElement.scrollWidth > innerWidth ? ["the page", ...names] : names
  })

it("has room for everything at 320 pixels: the list, a conversation, a thread, windows", async () => {
  const options = { ...phone, viewport: { width: 320, height: 640 }, locale: "ru-RU" }
  const ann = await Visitor.signUp(browser, server.url, "ann", options)
  const boris = await Person.signUp(server.url, "boris")
  const name = "A group whose name is longer than the line of any telephone"
  const chat = await ann.person.group(name, boris)
  const say = (text: string, more = {}) => boris.ok("POST", `/chats/${chat}/messages`, { text, ...more })
  const word = "w".repeat(60)
  const { id } = await say(`${word} https://example.com/${word}\n\`\`\`ts\nconst ${word} = 1\n\`\`\`\n> ${word}`)
  await say("An answer", { reply_to: id })
  await ann.person.http("PUT", `/messages/${id}/pin`)
  const { page } = ann
  const found: Array<string> = []
  const look = async (state: string) => {
    for (const one of await outside(page)) found.push(`${state}: ${one}`)
  }
  const closed = async () => {
    await page.goBack()
    await page.getByRole("dialog").waitFor({ state: "detached" })
  }
  await page.locator("a.chat-row", { hasText: name }).waitFor()
  await look("the list")
  await page.getByRole("button", { name: "Меню" }).tap()
  await page.getByRole("menu").waitFor()
  await look("the menu")
  await page.getByRole("menuitem", { name: "Профиль и устройства" }).tap()
  await page.getByRole("dialog").waitFor()
  await look("the profile")
  await closed()
  await ann.openChat(name)
  await ann.sees("An answer")
  await look("a conversation")
  await page.locator(".composer textarea").fill(`${word} ${word}`)
  await look("writing")
  await page.locator(".composer textarea").fill("")
  await ann.message("An answer").locator(".bubble-text").tap()
  await page.getByRole("menu").waitFor()
  await look("a message's menu")
  await page.getByRole("menuitem", { name: "Переслать" }).tap()
  await page.getByRole("dialog").waitFor()
  await look("forwarding")
  await closed()
  await page.locator(".head-who").tap()
  await page.getByRole("dialog").getByRole("tab").first().waitFor()
  await look("the information about a chat")
  await closed()
  await page.getByRole("button", { name: "1 ответ" }).tap()
  await page.locator(".thread .line", { hasText: "An answer" }).waitFor()
  await look("a thread")
  expect(found).toEqual([])
  await leaving(ann)
}, 60_000)
