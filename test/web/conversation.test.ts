// What is done with messages in a real browser: pins, forwards, several at once, threads, former texts; the palette and
// the information about a chat.
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { Speaker } from "../support/speaker.ts"
import { axe, leaving, phone, stage, Visitor, wide } from "./support/browser.ts"

const { browser, server } = await stage()

const say = async (who: Person, chat: number, text: string, replyTo?: number): Promise<number> =>
  (await who.ok("POST", `/chats/${chat}/messages`, { text, ...(replyTo === undefined ? {} : { reply_to: replyTo }) }))
    .id

/** Ann, who owns a group, and Boris, who is in it, each at a window that shows it. */
const inGroup = async (options: Parameters<typeof Visitor.signUp>[3] = {}) => {
  const ann = await Visitor.signUp(browser, server.url, "ann", options)
  const boris = await Visitor.signUp(browser, server.url, "boris")
  const chat = await ann.person.group("Friends", boris.person)
  return { ann, boris, chat }
}

describe("pinned messages", () => {
  it("are in a bar that leads from one to the next, however far, and owners pin and unpin them for all", async () => {
    const { ann, boris, chat } = await inGroup()
    await say(ann.person, chat, "The very first")
    const speaker = await Speaker.of(boris.person)
    await speaker.sayMany(chat, 150, "Line")
    speaker.close()
    await say(boris.person, chat, "The newest")
    await ann.openChat("Friends")
    await boris.openChat("Friends")
    await ann.page.getByRole("button", { name: /Jump to the newest/ }).click()
    await ann.sees("The newest")
    await ann.act("The newest", "Pin")
    const bar = ann.page.getByRole("region", { name: "Pinned messages" })
    await bar.getByText("Pinned message", { exact: true }).waitFor()
    await boris.page.getByRole("region", { name: "Pinned messages" }).getByText("The newest").waitFor()
    await boris.message("The newest").locator(".bubble").click({ button: "right" })
    await boris.page.getByRole("menu").waitFor()
    expect(await boris.page.getByRole("menuitem", { name: "Pin", exact: true }).count()).toBe(0)
    expect(await boris.page.getByRole("menuitem", { name: "Unpin" }).count()).toBe(0)
    await boris.page.keyboard.press("Escape")

    // One that is not loaded, pinned from another device.
    const [first] = (await ann.person.ok("GET", `/chats/${chat}/messages?after=0&limit=1`)).items
    expect((await ann.person.http("PUT", `/messages/${first.id}/pin`)).status).toBe(204)
    await bar.getByText("Pinned message 1 of 2").waitFor()
    await bar.getByRole("button", { name: /Pinned message 1 of 2/ }).click()
    await bar.getByRole("button", { name: /Pinned message 2 of 2 The very first/ }).click()
    await ann.message("The very first").locator(".bubble").waitFor()
    await bar.getByText("Pinned message 1 of 2").waitFor()
    await ann.page.getByRole("button", { name: "Back to where you were" }).click()
    await ann.sees("The newest")

    await bar.getByRole("button", { name: "All pinned messages" }).click()
    const window = ann.page.getByRole("dialog", { name: "2 pinned messages" })
    await window.getByRole("button", { name: "Unpin: The newest" }).click()
    await ann.page
      .getByRole("dialog", { name: "1 pinned message" })
      .getByRole("button", { name: /The very first/ })
      .first()
      .click()
    await ann.message("The very first").locator(".bubble").waitFor()
    await boris.page.getByRole("region", { name: "Pinned messages" }).getByText("The very first").waitFor()
    await ann.act("The very first", "Unpin")
    await bar.waitFor({ state: "detached" })
    await leaving(ann, boris)
  })
})

describe("several messages", () => {
  it("are selected, copied, forwarded with their author and deleted together, by keyboard too", async () => {
    const { ann, boris, chat } = await inGroup({ permissions: ["clipboard-read", "clipboard-write"] })
    await say(boris.person, chat, "One")
    await say(boris.person, chat, "Two")
    await say(ann.person, chat, "Three")
    await ann.openChat("Friends")
    await boris.openChat("Friends")
    await ann.composer.fill("A draft")
    await ann.act("One", "Select")
    const bar = ann.page.getByRole("region", { name: "Selected messages" })
    await bar.getByText("1 selected").waitFor()
    expect(await ann.composer.isVisible()).toBe(false)
    // The box of the first one has the focus: arrows move between the boxes, Space checks.
    await ann.page.keyboard.press("ArrowDown")
    await ann.page.keyboard.press("Space")
    await bar.getByText("2 selected").waitFor()
    await bar.getByRole("button", { name: "Copy" }).click()
    await bar.waitFor({ state: "detached" })
    expect(await ann.composer.inputValue()).toBe("A draft")
    const copied = await ann.page.evaluate(() => navigator.clipboard.readText())
    expect(copied).toMatch(/^boris[^\n]*\nOne\n\nboris[^\n]*\nTwo$/)

    await ann.act("One", "Select")
    await ann.page.locator(".selectable", { hasText: "Two" }).click()
    await bar.getByRole("button", { name: "Forward" }).click()
    const picker = ann.page.getByRole("dialog", { name: "Forward 2 messages to…" })
    await picker.getByText("Saved messages").click()
    await ann.page.getByText("2 messages forwarded to").waitFor()
    await ann.page.getByRole("link", { name: /Saved messages/ }).click()
    await ann.page.getByRole("region", { name: "Conversation with Saved messages" }).waitFor()
    await ann.sees("Two")
    expect(await ann.page.locator(".bubble-origin").allTextContents()).toEqual(
      Array(2).fill(`Forwarded from \u2068${boris.person.username}\u2069`),
    )
    expect(await ann.page.locator(".bubble-text").allTextContents()).toEqual(["One", "Two"])
    // From there to the original.
    await ann
      .message("Two")
      .getByRole("button", { name: /Forwarded from/ })
      .click()
    await ann.page.getByRole("region", { name: "Conversation with Friends" }).waitFor()
    await ann.page.locator(".line-highlighted", { hasText: "Two" }).waitFor()

    // To several chats at once; the one that refuses has its reason and can be left out.
    await ann.person.group("Neighbours", boris.person)
    const blocked = await ann.person.privateChat(boris.person)
    await boris.person.ok("PUT", `/me/state/block:${ann.person.id}`, {})
    await ann.act("Two", "Forward")
    const one = ann.page.getByRole("dialog", { name: "Forward to…" })
    await one.getByRole("checkbox", { name: "Select \u2068Saved messages\u2069" }).check()
    await one.getByRole("textbox", { name: "Search chats" }).fill("neigh")
    await one.getByRole("button", { name: /Neighbours/ }).waitFor()
    await ann.page.keyboard.press("Enter")
    await one.getByRole("button", { name: boris.person.username }).click()
    await one.getByText(/Saved messages, Neighbours, boris/).waitFor()
    expect(await axe(ann.page)).toEqual([])
    await one.getByRole("button", { name: "Forward to 3 chats" }).click()
    await one
      .getByRole("alert")
      .getByText(/Not all was forwarded to .*boris/)
      .waitFor()
    await boris.page
      .getByRole("link", { name: /Neighbours/ })
      .getByText("Two")
      .waitFor()
    await boris.person.ok("PUT", `/me/state/block:${ann.person.id}`, null)
    await one.getByRole("button", { name: "Forward to 1 chat" }).click()
    await ann.page.getByText(/^Forwarded to .*boris/).waitFor()
    const copies = async (chat: number) =>
      (await ann.person.ok("GET", `/chats/${chat}/messages`)).items.map(({ text }: { text: string }) => text)
    expect(await copies(blocked)).toEqual(["Two"])

    await ann.openChat("Friends")
    await ann.act("Two", "Select")
    await ann.page.locator(".selectable", { hasText: "Three" }).click()
    await bar.getByRole("button", { name: "Delete" }).click()
    await ann.page.getByRole("dialog", { name: "Delete 2 messages?" }).getByRole("button", { name: "Delete" }).click()
    await expect.poll(() => boris.page.locator(".bubble-deleted").count()).toBe(2)
    // A member deletes nothing of others.
    await boris.act("One", "Select")
    const his = boris.page.getByRole("region", { name: "Selected messages" })
    expect(await his.getByRole("button", { name: "Delete" }).isEnabled()).toBe(true)
    await boris.page.keyboard.press("Escape")
    await his.waitFor({ state: "detached" })
    await leaving(ann, boris)
  })
})

describe("a thread", () => {
  it("opens beside the chat, has what is written in it on both sides, and Back and links lead to it", async () => {
    const { ann, boris, chat } = await inGroup()
    const root = await say(ann.person, chat, "Where shall we eat?")
    await ann.openChat("Friends")
    await boris.openChat("Friends")
    await boris.message("Where shall we eat?").hover()
    await boris.message("Where shall we eat?").getByRole("button", { name: "Reply in a thread" }).click()
    const thread = boris.page.getByRole("region", { name: "Thread", exact: true })
    await thread.getByText("No replies yet").waitFor()
    const field = boris.page.getByRole("textbox", { name: "Message in the thread" })
    await field.fill("At the harbour")
    await field.press("Enter")
    await thread.getByText("1 reply").waitFor()
    await thread
      .locator(".line", { hasText: "At the harbour" })
      .locator(".status-sent, .status-delivered, .status-read")
      .waitFor()
    await ann.message("At the harbour").locator(".quote", { hasText: "Where shall we eat?" }).waitFor()
    await ann.message("Where shall we eat?").getByRole("button", { name: "1 reply" }).click()
    const hers = ann.page.getByRole("region", { name: "Thread", exact: true })
    await hers.getByText("At the harbour").waitFor()
    const reply = ann.page.getByRole("textbox", { name: "Message in the thread" })
    await reply.fill("Gladly")
    await reply.press("Enter")
    await thread.getByText("Gladly").waitFor()
    await thread.getByText("2 replies").waitFor()
    await boris.message("Where shall we eat?").first().getByRole("button", { name: "2 replies" }).waitFor()

    // Files are attached in the thread alone, and kept there until they are sent.
    const picked = ann.page.locator(".thread input[type=file]")
    await picked.setInputFiles([{ name: "menu.txt", mimeType: "text/plain", buffer: Buffer.from("Fish") }])
    await hers.getByText("menu.txt").waitFor()
    expect(await ann.page.locator(".pane-conversation .tray").count()).toBe(0)
    await ann.page.reload()
    await hers.getByText("menu.txt").waitFor()
    await hers.getByRole("button", { name: "Send", exact: true }).click()
    await thread.locator("a.document", { hasText: "menu.txt" }).waitFor()
    await thread.getByText("3 replies").waitFor()
    await hers.locator("a.document", { hasText: "menu.txt" }).waitFor()
    expect(await ann.page.locator(".tray").count()).toBe(0)

    // What is being written stays; Escape and Back close, a link opens.
    await field.fill("Not yet")
    await boris.page.keyboard.press("Escape")
    await thread.waitFor({ state: "detached" })
    expect(new URL(boris.page.url()).search).toBe("")
    await boris.page.goto(`/messenger/c/${chat}?thread=${root}`)
    await thread.getByText("Gladly").waitFor()
    expect(await field.inputValue()).toBe("Not yet")
    await ann.page.goBack()
    await hers.waitFor({ state: "detached" })
    expect(await ann.composer.isVisible()).toBe(true)

    // A long one has few lines in the document, and loads the earlier ones as they come into sight.
    const long = await say(ann.person, chat, "A long story")
    for (let i = 0; i < 120; i++) await say(i % 2 === 0 ? ann.person : boris.person, chat, `Part ${i}`, long)
    await boris.page.goto(`/messenger/c/${chat}?thread=${long}`)
    await thread.getByText("Part 119", { exact: true }).waitFor()
    expect(await thread.locator(".line").count()).toBeLessThan(60)
    await thread.locator(".messages").hover()
    const upTo = async (text: string) => {
      await boris.page.mouse.wheel(0, -4_000)
      return thread.getByText(text, { exact: true }).isVisible()
    }
    await expect.poll(() => upTo("Part 0"), { timeout: 20_000 }).toBe(true)
    await thread.getByText("120 replies").waitFor()
    expect(await thread.locator(".line").count()).toBeLessThan(60)
    await boris.page.goto(`/messenger/c/${chat}?thread=99999999`)
    await thread.getByRole("alert").waitFor()
    await leaving(ann, boris)
  })
})

describe("the quick actions of a message", () => {
  it("stay within the conversation when a thread opens beside it", async () => {
    const { ann, boris, chat } = await inGroup()
    const text = "A question that takes some of the room beside it"
    await say(boris.person, chat, "An answer", await say(ann.person, chat, text))
    const { page } = boris
    await boris.openChat("Friends")
    await boris.message(text).first().getByRole("button", { name: "1 reply" }).click()
    await page.getByRole("region", { name: "Thread", exact: true }).getByText("An answer").waitFor()
    const right = async (selector: string) => {
      const box = await page.locator(selector).boundingBox()
      return (box?.x ?? 0) + (box?.width ?? 0)
    }
    await expect
      .poll(async () => (await right(".pane-conversation .hover-bar")) - (await right(".pane-conversation")))
      .toBeLessThanOrEqual(0)
    await leaving(ann, boris)
  })
})

describe("finding the way", () => {
  it("by the palette, by keys to the next unread chat and through the pages, with a list of all shortcuts", async () => {
    const { ann, boris, chat } = await inGroup()
    const speaker = await Speaker.of(ann.person)
    await speaker.sayMany(chat, 80, "Line")
    speaker.close()
    const other = await boris.person.group("Other people", ann.person)
    await say(boris.person, other, "Read me")
    const { page } = ann
    await ann.openChat("Friends")
    await ann.composer.focus()
    const top = () => page.locator(".messages").evaluate((box) => box.scrollTop)
    const end = await top()
    await page.keyboard.press("PageUp")
    await expect.poll(top).toBeLessThan(end - 200)
    await page.keyboard.press("PageDown")
    await expect.poll(top).toBeGreaterThan(end - 30)

    await page.keyboard.press("Alt+Shift+ArrowDown")
    await page.getByRole("region", { name: "Conversation with Other people" }).waitFor()
    await page.keyboard.press("Control+k")
    await page.getByRole("combobox").fill("freinds")
    await page.getByRole("combobox").fill("frends")
    await page.getByRole("option", { name: /Friends/ }).waitFor()
    await page.keyboard.press("Enter")
    await page.getByRole("region", { name: "Conversation with Friends" }).waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Message")
    const carla = await Person.signUp(server.url, "carla")
    await page.keyboard.press("Control+k")
    await page.keyboard.type(carla.username)
    await page.getByRole("option", { name: new RegExp(carla.username) }).click()
    await page.getByRole("region", { name: `Conversation with ${carla.username}` }).waitFor()
    // Without a connection nobody is said to be unknown, and the search goes on when it is back.
    await page.context().setOffline(true)
    await page.keyboard.press("Control+k")
    await page.keyboard.type(boris.person.username.slice(0, -1))
    await page.getByRole("status").getByText("No connection to the server").waitFor()
    await page.context().setOffline(false)
    await page.getByRole("option", { name: new RegExp(boris.person.username) }).waitFor()
    await page.keyboard.press("Escape")
    // Boris is here, but does not look at that chat.
    await page.keyboard.press("Control+k")
    await page.keyboard.type(boris.person.username)
    await page.getByRole("option", { name: new RegExp(boris.person.username) }).click()
    await page.getByRole("region", { name: `Conversation with ${boris.person.username}` }).waitFor()
    await ann.write("Are you there?")
    await ann.message("Are you there?").locator(".status-delivered").waitFor()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("shortcuts")
    await page.keyboard.press("Enter")
    await page
      .getByRole("dialog", { name: "Keyboard shortcuts" })
      .getByText("Next unread chat", { exact: true })
      .waitFor()
    await page.keyboard.press("Escape")
    await leaving(ann, boris)
  })
})

describe("a message", () => {
  it("is answered by a double click beside it and by a swipe; its day stays in sight and leads to other days", async () => {
    const { ann, boris, chat } = await inGroup()
    await say(boris.person, chat, "The very first")
    const speaker = await Speaker.of(boris.person)
    await speaker.sayMany(chat, 120, "Line")
    speaker.close()
    await say(ann.person, chat, "The newest")
    await ann.openChat("Friends")
    await ann.sees("The newest")
    const { page } = ann
    await page.locator(".line", { hasText: "The newest" }).dblclick({ position: { x: 60, y: 12 } })
    await page.locator(".composer-about", { hasText: "The newest" }).waitFor()
    await page.keyboard.press("Escape")
    // A double click in the text selects a word.
    await page.locator(".bubble-text", { hasText: "The newest" }).dblclick({ position: { x: 10, y: 10 } })
    expect(await page.evaluate(() => getSelection()?.toString().trim())).toBe("The")
    expect(await page.locator(".composer-about").count()).toBe(0)

    await page.locator(".messages").hover()
    await page.mouse.wheel(0, -600)
    await page.locator(".day-chip-moving", { hasText: "Today" }).waitFor()
    await page.locator(".day-chip-moving").waitFor({ state: "detached" })
    for (let i = 0; i < 20 && (await page.getByText("The very first").count()) === 0; i++)
      await page.mouse.wheel(0, -4_000)
    await page.getByRole("button", { name: "Today: jump to a date" }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click()
    // The actions of the chat are at its name, in reach of a finger as well.
    await page.getByRole("button", { name: "Actions for \u2068Friends\u2069" }).click()
    await page.getByRole("menuitem", { name: "Jump to a date" }).click()
    await page.getByRole("dialog").getByRole("button", { name: "Jump" }).click()
    await page.locator(".line-highlighted", { hasText: "The very first" }).waitFor()

    const hand = await Visitor.enter(browser, boris.person, phone)
    // The palette without a keyboard.
    await hand.page.getByRole("button", { name: "Go to a chat, a person or an action" }).tap()
    await hand.page.getByRole("combobox").fill("frends")
    await hand.page.getByRole("option", { name: /Friends/ }).tap()
    const target = hand.page.locator(".line", { hasText: "The newest" })
    await target.waitFor()
    const box = await target.locator(".bubble").boundingBox()
    if (box === null) throw new Error("The message is not on the screen")
    const touch = await hand.page.context().newCDPSession(hand.page)
    const at = (x: number) => [{ x: box.x + 40 + x, y: box.y + box.height / 2 }]
    await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(0) })
    for (const x of [-15, -40, -70])
      await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(x) })
    await hand.page.locator(".line-swiped-enough").waitFor()
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] })
    await hand.page.locator(".composer-about", { hasText: "The newest" }).waitFor()
    expect(await hand.page.locator(".line-swiped").count()).toBe(0)
    await leaving(ann, boris, hand)
  })
})

describe("axe finds nothing", () => {
  for (const [size, options] of [
    ["wide", wide],
    ["phone", phone],
  ] as const) {
    it(`in what is done with messages: ${size}`, async () => {
      const { ann, boris, chat } = await inGroup(options)
      const { page } = ann
      const root = await say(ann.person, chat, "A question with https://example.com")
      await say(boris.person, chat, "An answer", root)
      await ann.person.ok("PATCH", `/messages/${root}`, { text: "A better question with https://example.com" })
      await ann.person.http("PUT", `/messages/${root}/pin`)
      const found: Array<string> = []
      const look = async (state: string) => {
        for (const complaint of await axe(page)) found.push(`${state}: ${complaint}`)
      }
      const act = async (action: string) => {
        const bubble = page.locator(".line", { hasText: "An answer" }).locator(".bubble-body")
        if (size === "wide") await bubble.click({ button: "right" })
        else await bubble.tap()
        await page.getByRole("menuitem", { name: action }).click()
      }
      const closed = () => page.getByRole("dialog").waitFor({ state: "detached" })
      await ann.openChat("Friends")
      await page.getByRole("region", { name: "Pinned messages" }).waitFor()
      if (size === "wide") await page.locator(".line", { hasText: "An answer" }).hover()
      await look("pins, a thread's count, the quick actions")
      await page.getByRole("button", { name: "All pinned messages" }).click()
      await page.getByRole("dialog").waitFor()
      await look("all pins")
      await page.keyboard.press("Escape")
      await closed()
      await act("Forward")
      await page.getByRole("dialog").waitFor()
      await look("forwarding")
      await page.keyboard.press("Escape")
      await closed()
      await act("Select")
      await look("selecting")
      await page.getByRole("button", { name: "Stop selecting" }).click()
      await act("Thread")
      await page.getByRole("region", { name: "Thread", exact: true }).getByText("1 reply").waitFor()
      await look("a thread")
      await page.getByRole("button", { name: "Close the thread" }).click()
      const line = page
        .locator(".pane-conversation .line", { hasText: "A better question" })
        .first()
        .locator(".bubble-body")
      if (size === "wide") await line.click({ button: "right", position: { x: 8, y: 8 } })
      else await line.tap({ position: { x: 8, y: 8 } })
      await page.getByRole("menuitem", { name: "Change history" }).click()
      await page.getByRole("dialog").getByText("A question with").waitFor()
      await look("former texts")
      await page.keyboard.press("Escape")
      await closed()
      await page.locator(".head-who").click()
      await page.getByRole("tab", { name: "Links" }).click()
      await page
        .getByRole("link", { name: /example\.com/ })
        .last()
        .waitFor()
      await look("the information about the chat")
      expect(await page.getByRole("dialog").count()).toBe(size === "wide" ? 0 : 1)
      await page.keyboard.press("Escape")
      if (size === "wide") {
        await page.keyboard.press("Control+k")
        await page.getByRole("option").first().waitFor()
        await look("the palette")
        await page.keyboard.press("Escape")
        await closed()
        await page.keyboard.press("Control+/")
        await page.getByRole("dialog").waitFor()
        await look("the shortcuts")
      }
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      expect(overflow).toBeLessThanOrEqual(0)
      expect(found).toEqual([])
      await leaving(ann, boris)
    }, 90_000)
  }
})
