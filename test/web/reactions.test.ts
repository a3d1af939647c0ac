// Reactions, marked texts and mentions in a real browser, between users who see each other's at once.
import type { Route } from "playwright-core"
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { axe, leaving, phone, stage, Visitor } from "./support/browser.ts"

const { browser, server } = await stage()

const react = (who: Person, message: number, emoji: string) =>
  who.ok("PUT", `/messages/${message}/reactions/${encodeURIComponent(emoji)}`)

const say = async (who: Person, chat: number, text: string, more: object = {}): Promise<number> =>
  (await who.ok("POST", `/chats/${chat}/messages`, { text, ...more })).id

describe("reactions", () => {
  it("are given and taken back by bar, pill, menu, window and keys, are seen by all at once, and show who gave them", async () => {
    const ann = await Visitor.signUp(browser, server.url, "ann")
    const boris = await Visitor.signUp(browser, server.url, "boris")
    const chat = await ann.person.group("Friends", boris.person)
    const message = await say(boris.person, chat, "A question")
    const found: Array<string> = []
    const look = async (state: string) => {
      for (const complaint of await axe(ann.page)) found.push(`${state}: ${complaint}`)
    }
    await Promise.all([ann.openChat("Friends"), boris.openChat("Friends")])
    await Promise.all([ann.sees("A question"), boris.sees("A question")])
    const pill = (who: Visitor, emoji: string) => who.page.locator(".pill", { hasText: emoji })

    // The bar under the pointer.
    await ann.message("A question").locator(".bubble").hover()
    await ann.page.getByRole("button", { name: "React with 👍" }).click()
    await pill(boris, "👍").waitFor()
    await look("a bar and a reaction")
    expect(await pill(ann, "👍").getAttribute("aria-pressed")).toBe("true")
    expect(await pill(boris, "👍").getAttribute("aria-pressed")).toBe("false")
    // The pill.
    await pill(boris, "👍").click()
    await pill(ann, "👍").getByText("2", { exact: true }).waitFor()
    await pill(ann, "👍").click()
    await pill(boris, "👍").getByText("1", { exact: true }).waitFor()
    expect(await pill(ann, "👍").getAttribute("aria-pressed")).toBe("false")

    // At once, before the server answers; several quick changes end with the last one.
    const held: Array<Route> = []
    await ann.page.route("**/reactions/*", (route) => void held.push(route))
    await pill(ann, "👍").click()
    await pill(ann, "👍").getByText("2", { exact: true }).waitFor()
    await pill(ann, "👍").click()
    await pill(ann, "👍").getByText("1", { exact: true }).waitFor()
    await pill(ann, "👍").click()
    await pill(ann, "👍").getByText("2", { exact: true }).waitFor()
    await expect.poll(() => held.length).toBe(1)
    // What the server does not take goes again, with the reason.
    await held[0]?.abort()
    await ann.page.getByText("No connection to the server. Please try again.").waitFor()
    await pill(ann, "👍").getByText("1", { exact: true }).waitFor()
    expect(await pill(ann, "👍").getAttribute("aria-pressed")).toBe("false")
    expect(held.length).toBe(1)
    await ann.page.unroute("**/reactions/*")

    // The window of all emoji, by keys alone: from the message to its menu, to the search, to the emoji.
    await ann.page.locator(".messages").focus()
    await ann.page.keyboard.press("ArrowUp")
    await ann.page.keyboard.press("Enter")
    await ann.page.getByRole("menu").waitFor()
    await look("a menu with emoji")
    await ann.page.keyboard.press("ArrowUp")
    await ann.page.keyboard.press("Enter")
    const search = ann.page.getByRole("searchbox", { name: "Search emoji" })
    await search.waitFor()
    await ann.page.locator(".emoji-row .emoji").nth(20).waitFor()
    await look("the window of all emoji")
    await ann.page.keyboard.type("octopus")
    await expect.poll(() => ann.page.locator(".emoji-row:visible .emoji").first().textContent()).toBe("🐙")
    await ann.page.keyboard.press("ArrowDown")
    await ann.page.keyboard.press("Enter")
    await pill(boris, "🐙").waitFor()
    await expect
      .poll(() => ann.page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
      .toMatch(/A question$/)
    // What was used last is in the bar from now on.
    await ann.page.locator(".hover-bar").getByRole("button", { name: "Take 🐙 back" }).waitFor()
    // Right from the message to its reactions.
    await ann.page.keyboard.press("ArrowRight")
    await expect
      .poll(() => ann.page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
      .toBe("👍, 1 reaction")

    // Who reacted, all and by emoji.
    await pill(ann, "🐙").click({ button: "right" })
    const dialog = ann.page.getByRole("dialog")
    await dialog.getByText(ann.person.username, { exact: true }).waitFor()
    expect(await dialog.getByText(boris.person.username, { exact: true }).count()).toBe(0)
    await dialog.getByRole("button", { name: "All" }).click()
    await dialog.getByText(boris.person.username, { exact: true }).waitFor()
    await look("who reacted")
    await ann.page.keyboard.press("Escape")

    // The server's limit is said.
    const others = [
      "😀",
      "😁",
      "😂",
      "🤣",
      "😃",
      "😄",
      "😅",
      "😆",
      "😉",
      "😊",
      "😋",
      "😎",
      "😍",
      "😘",
      "🥰",
      "😗",
      "😙",
      "😚",
    ]
    for (const emoji of others) await react(boris.person, message, emoji)
    await ann.message("A question").locator(".bubble").hover()
    await ann.page.getByRole("button", { name: "React with ❤️" }).click()
    await ann.page.getByText("This message has as many different emoji as it can have.").waitFor()
    // They survive a reload, as the server has them.
    await ann.page.reload()
    await ann.sees("A question")
    expect(await ann.page.locator(".pill").count()).toBe(20)
    expect(found).toEqual([])
    await leaving(ann, boris)
  }, 90_000)

  it("are in the message's menu under a finger, with all emoji at the foot of the screen, in Russian", async () => {
    const boris = await Person.signUp(server.url, "boris")
    const narrow = { ...phone, viewport: { width: 320, height: 640 }, locale: "ru-RU" }
    const ann = await Visitor.signUp(browser, server.url, "ann", narrow)
    const chat = await boris.privateChat(ann.person)
    await say(boris, chat, "Вопрос")
    await ann.openChat(boris.username)
    await ann.message("Вопрос").locator(".bubble").tap()
    await ann.page.getByRole("menu").waitFor()
    expect(await ann.page.locator(".hover-bar").count()).toBe(0)
    await ann.page.getByRole("menuitem", { name: "Выбрать эмодзи" }).tap()
    const window = ann.page.locator(".emoji-window")
    await window.getByPlaceholder("Поиск эмодзи").fill("ракета")
    const rocket = window.getByRole("gridcell", { name: "ракета", exact: true })
    await rocket.waitFor()
    const box = await window.boundingBox()
    expect([box?.x, box?.width, (box?.y ?? 0) + (box?.height ?? 0)]).toEqual([0, 320, 640])
    expect(await axe(ann.page)).toEqual([])
    await rocket.tap()
    await ann.page.getByRole("button", { name: "🚀, 1 реакция, одна из них ваша" }).waitFor()
    // Nothing is wider than the screen.
    expect(await ann.page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
    await leaving(ann)
  }, 60_000)
})

describe("writing", () => {
  it("completes emoji and names, puts marks around what is selected by keys, and links after it", async () => {
    const ann = await Visitor.signUp(browser, server.url, "ann")
    const boris = await Person.signUp(server.url, "boris")
    const chat = await ann.person.group("Friends", boris)
    await ann.openChat("Friends")
    const { page } = ann
    const { composer } = ann
    await composer.click()
    const options = page.getByRole("option")
    await page.keyboard.type("so :tada")
    await options.first().waitFor()
    expect(await axe(page)).toEqual([])
    await page.keyboard.press("Enter")
    expect(await composer.inputValue()).toBe("so 🎉 ")
    await page.keyboard.type("@bor")
    await options.filter({ hasText: boris.username }).waitFor()
    await page.keyboard.press("Tab")
    expect(await composer.inputValue()).toBe(`so 🎉 @${boris.username} `)
    // Escape closes the list and no more.
    await page.keyboard.type("@al")
    await options.filter({ hasText: "@all" }).waitFor()
    await page.keyboard.press("Escape")
    await expect.poll(() => options.count()).toBe(0)
    await page.locator(".conversation").waitFor()

    await composer.fill("one two")
    await page.keyboard.press("Control+Shift+ArrowLeft")
    await page.keyboard.press("Control+b")
    expect(await composer.inputValue()).toBe("one **two**")
    await page.keyboard.press("Control+b")
    expect(await composer.inputValue()).toBe("one two")
    await page.keyboard.press("Control+i")
    await page.keyboard.press("Control+Shift+c")
    expect(await composer.inputValue()).toBe("one _`two`_")
    // As typing does, it can be undone.
    await page.keyboard.press("Control+z")
    expect(await composer.inputValue()).toBe("one _two_")
    await composer.evaluate((box: HTMLTextAreaElement) => {
      box.setSelectionRange(0, 3)
      const clipboardData = new DataTransfer()
      clipboardData.setData("text/plain", "https://example.org/a")
      box.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }))
    })
    expect(await composer.inputValue()).toBe("one (https://example.org/a) _two_")
    await page.keyboard.press("Enter")
    await page.locator(".bubble em", { hasText: "two" }).waitFor()
    await page.locator(".bubble a", { hasText: "https://example.org/a" }).waitFor()
    expect((await boris.ok("GET", `/chats/${chat}/messages`)).items[0].text).toBe("one (https://example.org/a) _two_")

    // The button of the composer, whose emoji comes where the caret is.
    await composer.fill("ab")
    await page.keyboard.press("ArrowLeft")
    await page.getByRole("button", { name: "Emoji", exact: true }).click()
    await page.locator(".emoji-row .emoji:visible").first().click()
    await expect.poll(() => composer.inputValue()).toMatch(/^a\p{Emoji}b$/u)
    await leaving(ann)
  }, 60_000)
})

describe("what is written", () => {
  it("is shown with its marks, code is copied and coloured, hidden text waits, and HTML is text", async () => {
    const ann = await Visitor.signUp(browser, server.url, "ann", {
      permissions: ["clipboard-read", "clipboard-write"],
    })
    const boris = await Person.signUp(server.url, "boris")
    const chat = await boris.privateChat(ann.person)
    await say(boris, chat, "**bold** ||the butler|| <b>no tag</b>")
    await say(boris, chat, "Look:\n```js\nconst a = `1`\n```\n> quoted\n\n- milk\n- bread")
    await ann.openChat(boris.username)
    const { page } = ann
    await page.locator(".bubble strong", { hasText: "bold" }).waitFor()
    expect(await page.locator(".bubble b").count()).toBe(0)
    // What is hidden is neither in the label, nor read out, nor in the list.
    const label = await page.locator(".line", { hasText: "bold" }).getAttribute("aria-label")
    expect(label).toContain("▒")
    expect(label).not.toContain("butler")
    expect(await page.getByText("the butler").isVisible()).toBe(true)
    expect(await page.locator(".hidden-text > span").evaluate((box) => getComputedStyle(box).opacity)).toBe("0")
    await page.locator(".hljs-keyword", { hasText: "const" }).waitFor()
    expect(await axe(page)).toEqual([])
    await page.getByRole("button", { name: "Hidden text. Show it" }).click()
    await page.locator(".hidden-shown", { hasText: "the butler" }).waitFor()
    await page.getByRole("button", { name: "Copy the code" }).click()
    await page.getByText("Copied", { exact: true }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("const a = `1`")
    expect(await page.locator(".bubble li").allTextContents()).toEqual(["milk", "bread"])
    await page.locator(".bubble blockquote", { hasText: "quoted" }).waitFor()
    await leaving(ann)
  }, 60_000)
})

describe("mentions", () => {
  it("are marked in the list and in the text, and a button leads from one to the next", async () => {
    const ann = await Visitor.signUp(browser, server.url, "ann")
    const boris = await Person.signUp(server.url, "boris")
    const chat = await boris.group("Friends", ann.person)
    const many = async (count: number) => {
      for (let i = 0; i < count; i++) await say(boris, chat, `line ${i}\n\n\n\n\n\n\n\nend of it`)
    }
    await many(12)
    await say(boris, chat, `The first for @${ann.person.username}`)
    await many(60)
    await say(boris, chat, "The second for @all")
    await many(6)
    const { page } = ann
    const badge = page.locator(".badge-mention")
    await badge.waitFor()
    await ann.openChat("Friends")
    const jump = page.getByRole("button", { name: "Go to the next mention of you: 2 unread mentions" })
    await jump.waitFor()
    expect(await axe(page)).toEqual([])
    await jump.click()
    await page.locator(".mention-me", { hasText: `@${ann.person.username}` }).waitFor()
    await page.getByRole("button", { name: "Go to the next mention of you: 1 unread mention" }).click()
    await page.locator(".mention-me", { hasText: "@all" }).waitFor()
    await page.locator(".jump-mention").waitFor({ state: "detached" })
    await badge.waitFor({ state: "detached" })
    await leaving(ann)
  }, 60_000)
})
