// What a chat and a message say about themselves, in a real browser: the third column, links of a description, former texts, readers.
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { leaving, phone, stage, Visitor } from "./support/browser.ts"

const { browser, server } = await stage()

const say = async (who: Person, chat: number, text: string): Promise<number> =>
  (await who.ok("POST", `/chats/${chat}/messages`, { text })).id

describe("the information about a chat", () => {
  it("is a third column on wide screens, with members, media, files, pins and links, and follows to the next chat", async () => {
    const ann = await Visitor.signUp(browser, server.url, "ann")
    const boris = await Person.signUp(server.url, "boris")
    const chat = await ann.person.group("Sailors", boris)
    await ann.person.group("Others", boris)
    const description = "Every day at the harbour, see https://example.com/rules. <b>No HTML</b> javascript:alert(1)"
    await ann.person.ok("PATCH", `/chats/${chat}`, { description })
    const pinned = await say(boris, chat, "We sail at nine, see https://example.org/tides")
    await ann.person.http("PUT", `/messages/${pinned}/pin`)
    await ann.openChat("Sailors")
    const { page } = ann
    const files = [{ name: "crew.txt", mimeType: "text/plain", buffer: Buffer.from("Ann, Boris") }]
    await page.locator("input[type=file]").setInputFiles(files)
    await page.getByRole("button", { name: "Send", exact: true }).click()
    await page.locator("a.document", { hasText: "crew.txt" }).waitFor()

    await page.locator(".head-who").click()
    const column = page.getByRole("complementary", { name: "Chat info" })
    await column.getByText("2 members").waitFor()
    // Beside the conversation, not over it: three columns in a row.
    const [list, talk, side] = await Promise.all(
      [".pane-list", ".pane-conversation", ".pane-side"].map((pane) => page.locator(pane).boundingBox()),
    )
    expect(talk?.x).toBe((list?.x ?? 0) + (list?.width ?? 0))
    expect(side?.x).toBe((talk?.x ?? 0) + (talk?.width ?? 0))
    expect((side?.x ?? 0) + (side?.width ?? 0)).toBe(1280)
    await ann.write("Written beside it")
    await ann.sees("Written beside it")

    const about = column.locator(".card-about")
    expect(await about.innerText()).toBe(description)
    const links = await about
      .getByRole("link")
      .evaluateAll((all) =>
        all.map((link) => [link.getAttribute("href"), link.getAttribute("target"), link.textContent]),
      )
    expect(links).toEqual([["https://example.com/rules", "_blank", "https://example.com/rules"]])
    expect(await about.getByRole("link").getAttribute("rel")).toContain("noreferrer")

    // The owner changes it, takes it away, and gives one again.
    const described = async () => (await ann.person.ok("GET", `/chats/${chat}`)).description
    const field = column.getByRole("textbox", { name: "Description" })
    const save = column.getByRole("button", { name: "Save" })
    await column.getByRole("button", { name: "Change the description" }).click()
    expect(await field.inputValue()).toBe(description)
    await field.fill("Not this")
    await field.press("Escape")
    expect(await about.innerText()).toBe(description)
    await column.getByRole("button", { name: "Change the description" }).click()
    await field.fill("")
    await save.click()
    const add = column.getByRole("button", { name: "Add a description" })
    await add.waitFor()
    expect(await described()).toBeUndefined()
    await add.click()
    await field.fill("  One paragraph,\nand no more ")
    await field.press("Enter")
    await expect.poll(() => about.innerText()).toBe("One paragraph, and no more")
    expect(await described()).toBe("One paragraph, and no more")
    await ann.person.ok("PATCH", `/chats/${chat}`, { description })
    await about.getByRole("link").waitFor()

    const panel = column.getByRole("tabpanel")
    await panel.getByText(boris.username, { exact: true }).waitFor()
    const tab = (name: string) => column.getByRole("tab", { name }).click()
    await tab("Media")
    await panel.getByText("Nothing of this kind").waitFor()
    await tab("Files")
    await panel.getByText("crew.txt").waitFor()
    await tab("Pinned 1")
    await panel.getByText("We sail at nine").waitFor()
    await tab("Links")
    await panel.getByRole("link", { name: /example\.org/ }).waitFor()

    await ann.openChat("Others")
    await column.getByText("Others").waitFor()
    expect(await column.getByText("Every day at the harbour").count()).toBe(0)
    await column.getByRole("button", { name: "Close the chat info" }).click()
    await column.waitFor({ state: "detached" })

    // A narrow window has no place beside the conversation.
    const mobile = await Visitor.enter(browser, ann.person, phone)
    await mobile.openChat("Sailors")
    await mobile.page.locator(".head-who").click()
    await mobile.page.getByRole("dialog").getByRole("link", { name: "https://example.com/rules" }).waitFor()
    expect(await mobile.page.getByRole("complementary").count()).toBe(0)
    // What a tab shows comes into sight, under the tabs.
    await mobile.page.getByRole("tab", { name: "Pinned 1" }).tap()
    const shown = await mobile.page.getByRole("tabpanel").getByText("We sail at nine").boundingBox()
    const tabs = await mobile.page.getByRole("tablist").boundingBox()
    expect(shown?.y).toBeGreaterThan((tabs?.y ?? 0) + (tabs?.height ?? 0))
    expect((shown?.y ?? 0) + (shown?.height ?? 0)).toBeLessThan(phone.viewport.height - 100)
    await leaving(ann, mobile)
  })
})

describe("a message", () => {
  it("shows its former texts with their times, also one that is added while they are open, and who has read it", async () => {
    const ann = await Visitor.signUp(browser, server.url, "ann")
    const boris = await Person.signUp(server.url, "boris")
    const chat = await ann.person.group("Friends", boris)
    const id = await say(ann.person, chat, "At eight")
    const edit = (text: string) => ann.person.ok("PATCH", `/messages/${id}`, { text })
    await edit("At nine")
    await ann.openChat("Friends")
    const { page } = ann
    await ann.act("At nine", "Change history")
    const window = page.getByRole("dialog", { name: "Change history" })
    const texts = () => window.locator(".version-text").allInnerTexts()
    await expect.poll(texts).toEqual(["At nine", "At eight"])
    const times = await window.locator("time").evaluateAll((all) => all.map((time) => time.getAttribute("datetime")))
    const { items } = await ann.person.ok("GET", `/messages/${id}/edits`)
    expect(times).toEqual(items.map(({ at }: { at: string }) => at))
    await edit("At ten")
    await expect.poll(texts).toEqual(["At ten", "At nine", "At eight"])
    await page.keyboard.press("Escape")
    await window.waitFor({ state: "detached" })

    await ann.act("At ten", "Who has read it")
    const readers = page.getByRole("dialog", { name: "Who has read it" })
    await readers.getByText("Nobody has read it yet").waitFor()
    await page.keyboard.press("Escape")
    await readers.waitFor({ state: "detached" })
    await boris.ok("POST", `/messages/${id}/read`)
    await ann.act("At ten", "Who has read it")
    await readers.getByText(`@${boris.username}`).waitFor()
    expect(await readers.locator(".person").count()).toBe(1)
    await leaving(ann)
  })
})
