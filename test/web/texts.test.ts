// How texts and names look and are read out: their direction and their place, and those that are made to look like something else.
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { leaving, phone, stage, Visitor } from "./support/browser.ts"

const { browser, server } = await stage()

/** Two users with a private chat, each at a window that shows it. */
const talking = async () => {
  const [ann, boris] = await Promise.all([
    Visitor.signUp(browser, server.url, "ann"),
    Visitor.signUp(browser, server.url, "boris"),
  ])
  await ann.person.privateChat(boris.person)
  await Promise.all([ann.openChat(boris.person.username), boris.openChat(ann.person.username)])
  return { ann, boris }
}

describe("texts", () => {
  it("keep each line's own direction, and the time in the last line", async () => {
    const { ann, boris } = await talking()
    await ann.write("שלום עולם\nand English")
    await boris.sees("שלום עולם\nand English")
    const placed = await boris.page.evaluate(() => {
      const text = document.querySelector(".bubble-text")!.firstChild!
      const range = document.createRange()
      const box = (from: number, to: number) => {
        range.setStart(text, from)
        range.setEnd(text, to)
        return range.getBoundingClientRect()
      }
      const body = document.querySelector(".bubble-body")!.getBoundingClientRect()
      const meta = document.querySelector(".bubble-meta")!.getBoundingClientRect()
      const [hebrew, english] = [box(0, 9), box(10, 21)]
      return {
        hebrewAtTheRight: Math.abs(hebrew.right - body.right) < 3,
        englishAtTheLeft: Math.abs(english.left - body.left) < 3,
        timeBesideIt: meta.top < english.bottom && meta.left >= english.right,
      }
    })
    expect(placed).toEqual({ hebrewAtTheRight: true, englishAtTheLeft: true, timeBesideIt: true })
    const long =
      "התחלה של הודעה ארוכה שלא נכנסת בשורה אחת, לא ברשימה ולא בבועה, ולכן רואים את ההתחלה שלה ולא את הסוף שלה"
    await ann.write(long)
    await boris.sees(long)
    const ends = await boris.message(long).evaluate((line) => {
      const [body, meta] = [line.querySelector(".bubble-body")!, line.querySelector(".bubble-meta")!]
      const range = document.createRange()
      range.selectNodeContents(line.querySelector(".bubble-text")!)
      const last = [...range.getClientRects()].at(-1)!
      return {
        textAtTheRight: Math.abs(last.right - body.getBoundingClientRect().right) < 3,
        timeAfterIt: meta.getBoundingClientRect().right <= last.left && meta.getBoundingClientRect().top < last.bottom,
      }
    })
    expect(ends).toEqual({ textAtTheRight: true, timeAfterIt: true })
    await leaving(ann, boris)
  })

  it("that are cut in the list show their beginning, whichever way they run", async () => {
    const [ann, boris] = [
      await Visitor.signUp(browser, server.url, "ann", phone),
      await Person.signUp(server.url, "boris"),
    ]
    const hebrew = "התחלה של שם ארוך מאוד שלא נכנס בשורה אחת של הרשימה, גם לא בטלפון גדול מאוד, ולכן הוא נחתך בסוף"
    const english =
      "The beginning of a text that is too long for one line of the list, on a phone and elsewhere, so it is cut"
    for (const text of [hebrew, english]) {
      const chat = await ann.person.group(text, boris)
      await boris.ok("POST", `/chats/${chat}/messages`, { text })
    }
    await ann.page.locator("a.chat-row .badge").nth(1).waitFor()
    const beginsInView = await ann.page.locator(".chat-row-name, .chat-row-words").evaluateAll((boxes) =>
      boxes.map((box) => {
        const text = [...box.childNodes].findLast((node) => node.nodeType === Node.TEXT_NODE)!
        const range = document.createRange()
        range.setStart(text, 0)
        range.setEnd(text, 3)
        const [first, view] = [range.getBoundingClientRect(), box.getBoundingClientRect()]
        return box.scrollWidth > box.clientWidth && first.left >= view.left - 1 && first.right <= view.right + 1
      }),
    )
    expect(beginsInView).toEqual([true, true, true, true])
    const signBefore = await ann.page.locator(".chat-row-title").evaluateAll((titles) =>
      titles.map((title) => {
        const [sign, name] = [".chat-row-kind", ".chat-row-name"].map((part) => title.querySelector(part))
        return (sign?.getBoundingClientRect().right ?? 0) <= (name?.getBoundingClientRect().left ?? -1)
      }),
    )
    expect(signBefore).toEqual([true, true])
    await leaving(ann)
  })

  it("are announced again when they are the same again", async () => {
    const { ann, boris } = await talking()
    await boris.write("Same")
    await ann.page.locator("[aria-live=polite]", { hasText: "Same" }).waitFor({ state: "attached" })
    await ann.page.evaluate(() => {
      const said: Array<string> = []
      Object.assign(window, { said })
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes) for (const node of addedNodes) said.push(node.textContent ?? "")
      }).observe(document.querySelector("[aria-live=polite]")!, { childList: true })
    })
    await boris.write("Same")
    await expect
      .poll(() => ann.page.evaluate(() => (window as unknown as { said: Array<string> }).said))
      .toEqual([expect.stringContaining("Same")])
    await leaving(ann, boris)
  })
})

it("distinguishes two users of one name, keeps stacked marks in their bubble and their row, and shows where a link leads", async () => {
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
  expect(senders.slice(0, 2)).toEqual([
    `Sam \u2068@${people[0]?.username}\u2069`,
    `sam \u2068@${people[1]?.username}\u2069`,
  ])
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
  // The part before the @ is not the host, and the real target is shown; the full stop after the second is not a part
  // of it.
  expect(links).toEqual([
    ["evil.example", "evil.example"],
    ["xn--80ak6aa92e.com", undefined],
  ])
  await leaving(ann)
})
