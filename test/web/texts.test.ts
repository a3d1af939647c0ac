// Texts and names that are made to look like something else, or that do not keep to their place.
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { Server } from "../support/server.ts"
import { launch, Visitor } from "./support/browser.ts"

let server: Server
let browser: Browser

beforeAll(async () => {
  ;[server, browser] = await Promise.all([Server.start(), launch()])
}, 90_000)

afterAll(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

it("tells two people of one name apart, keeps stacked marks in their bubble and their row, and shows where a link leads", async () => {
  const ann = await Visitor.signUp(browser, server.url, "ann")
  const people = [await Person.signUp(server.url, "boris"), await Person.signUp(server.url, "carla")]
  const names = ["Sam", "sam"]
  for (const [i, person] of people.entries()) await person.ok("PATCH", "/me", { display_name: names[i] })
  const chatId = await ann.person.group("Sams", ...people)
  const stacked = `Z${"\u0301".repeat(60)}a${"\u0323".repeat(60)}lgo`
  const texts = ["I am Sam", stacked, "https://bank.example@evil.example/ and https://xn--80ak6aa92e.com。"]
  for (const [i, text] of texts.entries()) await people[i % 2]!.ok("POST", `/chats/${chatId}/messages`, { text })
  const { page } = ann
  await page.goto(`/messenger/c/${chatId}`)
  await ann.sees("I am Sam")
  const senders = await page.locator(".bubble-sender").allTextContents()
  expect(senders.slice(0, 2)).toEqual([`Sam @${people[0]?.username}`, `sam @${people[1]?.username}`])
  const clipped = await page
    .locator(".line", { hasText: "lgo" })
    .locator(".bubble")
    .evaluate((bubble) => getComputedStyle(bubble).overflow)
  expect(clipped).toBe("clip")
  expect(await page.locator("a.chat-row").evaluate((row) => getComputedStyle(row).overflow)).toBe("clip")
  const links = await page
    .locator(".bubble-text a")
    .evaluateAll((all) =>
      all.map((link) => [
        (link as HTMLAnchorElement).host,
        link.querySelector("[data-host]")?.getAttribute("data-host"),
      ]),
    )
  // What is before the @ is no host, and where it leads is said; the full stop behind the second is not its.
  expect(links).toEqual([
    ["evil.example", "evil.example"],
    ["xn--80ak6aa92e.com", undefined],
  ])
  expect(ann.complaints).toEqual([])
  await ann.leave()
})
