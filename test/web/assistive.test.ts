// Accessibility of the messenger: forced colours, the keyboard, screen readers, and axe in rare states.
import type { Locator } from "playwright-core"
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { axe, closed, leaving, phone, stage, Visitor, wide } from "./support/browser.ts"

const { browser, server } = await stage()

/** Somebody with a group of two, in which both have written. */
const inGroup = async (options: Parameters<typeof Visitor.signUp>[3] = {}) => {
  const ann = await Visitor.signUp(browser, server.url, "ann", options)
  const boris = await Person.signUp(server.url, "boris")
  const chat = await ann.person.group("Friends", boris)
  await ann.person.group("Others", boris)
  await boris.ok("POST", `/chats/${chat}/messages`, { text: "A question" })
  await ann.person.ok("POST", `/chats/${chat}/messages`, { text: "An answer" })
  await ann.openChat("Friends")
  await ann.sees("An answer")
  return { ann, boris, chat }
}

describe("forced colours", () => {
  it("keep the chosen chat apart from the others and from the one with the focus, and the bubbles' edges", async () => {
    const { ann } = await inGroup({ forcedColors: "active" })
    const { page } = ann
    expect(await page.evaluate(() => matchMedia("(forced-colors: active)").matches)).toBe(true)
    const look = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => {
          const { backgroundColor, color, outlineStyle } = getComputedStyle(element)
          return { backgroundColor, color, outlineStyle }
        })
    await page.locator("a.chat-row", { hasText: "Others" }).focus()
    const [chosen, other] = [await look("a.chat-row-chosen"), await look("a.chat-row:not(.chat-row-chosen)")]
    expect(chosen.backgroundColor).not.toBe(other.backgroundColor)
    expect(chosen.color).not.toBe(chosen.backgroundColor)
    const inner = await look("a.chat-row-chosen .chat-row-last")
    expect(inner.color).toBe(chosen.color)
    const edges = await page.locator(".bubble").evaluateAll((bubbles) =>
      bubbles.map((bubble) => {
        const { borderTopWidth, borderTopStyle, borderTopColor, backgroundColor } = getComputedStyle(bubble)
        return [borderTopWidth, borderTopStyle, borderTopColor !== backgroundColor]
      }),
    )
    expect(edges).toEqual([
      ["1px", "solid", true],
      ["1px", "solid", true],
    ])
    await leaving(ann)
  })

  it("keep what is switched on, chosen or open apart from what is not", async () => {
    const { ann } = await inGroup({ forcedColors: "active" })
    const { page } = ann
    const look = (element: Locator, pseudo?: string) =>
      element.evaluate((one, pseudo) => {
        const { backgroundColor, borderBottomColor, color } = getComputedStyle(one, pseudo)
        return { backgroundColor, borderBottomColor, color }
      }, pseudo)
    await page.locator(".head-who").click()
    const column = page.getByRole("complementary", { name: "Chat info" })
    const settings = column.getByRole("region", { name: "Settings of this chat" })
    await settings.getByRole("switch", { name: "Pinned to the top" }).click()
    const [on, off] = [
      settings.locator(".switch input:checked"),
      settings.locator(".switch input:not(:checked)").first(),
    ]
    expect((await look(on)).backgroundColor).not.toBe((await look(off)).backgroundColor)
    // The knob can be seen in both.
    for (const one of [on, off])
      expect((await look(one, "::after")).backgroundColor).not.toBe((await look(one)).backgroundColor)

    const highlight = await page.evaluate(() => {
      const probe = document.body.appendChild(document.createElement("i"))
      probe.style.setProperty("forced-color-adjust", "none")
      probe.style.setProperty("background-color", "Highlight")
      const { backgroundColor } = getComputedStyle(probe)
      probe.remove()
      return backgroundColor
    })
    const choices = settings.locator(".choice")
    const chosen = await look(choices.locator("input:checked + span"))
    const other = await look(choices.locator("input:not(:checked) + span").first())
    expect([chosen.backgroundColor, other.backgroundColor === highlight]).toEqual([highlight, false])
    expect(chosen.color).not.toBe(highlight)

    const [open, closed] = await Promise.all(
      [true, false].map((selected) => look(column.getByRole("tab", { selected }).first())),
    )
    expect(open?.borderBottomColor).not.toBe(closed?.borderBottomColor)
    expect(open?.borderBottomColor).not.toBe(open?.backgroundColor)
    await column.getByRole("tab", { name: "Files" }).click()
    const kinds = column.locator(".gallery-kind")
    const kind = await look(kinds.locator("input:checked + span"))
    const otherKind = await look(kinds.locator("input:not(:checked) + span").first())
    expect([kind.backgroundColor, otherKind.backgroundColor === highlight]).toEqual([highlight, false])
    expect(kind.color).not.toBe(highlight)
    await leaving(ann)
  })
})

describe("the keyboard", () => {
  it("moves through the messages, whose text is read with their time", async () => {
    const { ann } = await inGroup()
    const { page } = ann
    const named = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"))
    await page.locator(".messages").focus()
    await page.keyboard.press("ArrowUp")
    expect(await named()).toMatch(/^You.*: An answer$/)
    await page.keyboard.press("ArrowUp")
    expect(await named()).toMatch(/boris.*: A question$/)
    await leaving(ann)
  })

  it("is somewhere sensible after Escape: in a menu, a window, a search, a conversation", async () => {
    const { ann } = await inGroup()
    const { page } = ann
    const focused = () =>
      page.evaluate(() => {
        const here = document.activeElement
        return (
          here?.closest("[data-chat]")?.querySelector(".chat-row-name")?.textContent ??
          here?.getAttribute("aria-label") ??
          here?.className
        )
      })
    await page.locator(".head-who").focus()
    await page.keyboard.press("Control+k")
    await page.getByRole("dialog").waitFor()
    await page.keyboard.press("Escape")
    await expect.poll(focused).toBe("head-who")
    await page.keyboard.press("Enter")
    await page.getByRole("tab", { name: "Links" }).focus()
    await page.keyboard.press("Escape")
    await page.getByRole("complementary", { name: "Chat info" }).waitFor({ state: "detached" })
    await expect.poll(focused).toBe("head-who")
    await page.getByRole("button", { name: "Menu", exact: true }).focus()
    await page.keyboard.press("Enter")
    await page.getByRole("menu").waitFor()
    await page.keyboard.press("Escape")
    await expect.poll(focused).toBe("Menu")
    await page.locator(".messages").focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await page.getByRole("menu").waitFor()
    await page.keyboard.press("Escape")
    await expect.poll(focused).toMatch(/An answer$/)
    await page.keyboard.press("Control+Shift+f")
    await page.keyboard.type("oth")
    await page.keyboard.press("ArrowDown")
    await expect.poll(focused).toBe("Group: Others")
    await page.keyboard.press("Escape")
    await expect.poll(focused).toBe("Search chats and people")
    await page.keyboard.press("Escape")
    await expect.poll(focused).toBe("Group: Friends")
    await page.waitForURL("**/messenger")
    await leaving(ann)
  })
})

describe("axe finds nothing", () => {
  for (const [size, options] of [
    ["wide", wide],
    ["phone", phone],
  ] as const) {
    it(`in what is rarely seen: ${size}`, async () => {
      const { ann, boris } = await inGroup(options)
      const { page } = ann
      const found: Array<string> = []
      const look = async (state: string) => {
        for (const complaint of await axe(page)) found.push(`${state}: ${complaint}`)
      }
      const open = (text: string) => {
        const bubble = ann.message(text).locator(".bubble")
        return size === "wide" ? bubble.click({ button: "right" }) : bubble.tap()
      }
      const act = async (text: string, action: string) => {
        await open(text)
        await page.getByRole("menuitem", { name: action }).click()
      }
      await open("A question")
      await page.getByRole("menu").waitFor()
      await look("a message's menu")
      await page.getByRole("menuitem", { name: "Reply" }).click()
      await look("replying")
      await ann.composer.fill("x".repeat(5_000))
      await look("too long")
      await ann.composer.fill("")
      await page.getByRole("button", { name: "Cancel" }).first().click()
      await act("An answer", "Who has read it")
      await page.getByRole("dialog").waitFor()
      await look("readers")
      await page.keyboard.press("Escape")
      await act("An answer", "Delete")
      await page.getByRole("dialog").waitFor()
      await look("deleting")
      await page.keyboard.press("Escape")
      await act("An answer", "Edit")
      await page.route("**/messages/*", (route) => route.abort("internetdisconnected"))
      await ann.composer.fill("Changed")
      await page.getByRole("button", { name: "Save" }).click()
      await page.locator(".composer-refused").waitFor()
      await look("a refused edit")
      await page.unroute("**/messages/*")
      await page.locator(".head-who").click()
      await page.getByRole("button", { name: `Actions for ${boris.username}` }).click()
      await page.getByRole("menu").waitFor()
      await look("a member's menu")
      await page.keyboard.press("Escape")
      await page.keyboard.press("Escape")

      let asked = 0
      await page.route("**/chats/*/messages*", (route) => {
        asked++
        return route.abort("internetdisconnected")
      })
      await closed(page.getByRole("dialog"))
      await page.reload()
      await page.locator(".messages-wait [role=alert]").waitFor()
      await look("a chat that cannot be loaded")
      // Tried again when the connection comes back, not without end while it is good.
      expect(asked).toBeLessThan(5)
      await page.unroute("**/chats/*/messages*")
      await page.goto("/messenger")
      const search = page.getByRole("textbox", { name: /^Search chats and people/ })
      await search.fill(boris.username)
      await page.getByRole("button", { name: boris.username }).waitFor()
      await look("people found")
      await search.fill("nobody of this name")
      await page.getByText("Nothing found").waitFor()
      await look("nothing found")
      await search.fill("")
      await page.context().setOffline(true)
      await page.locator(".connection-line").waitFor()
      await look("offline")
      await page.context().setOffline(false)
      await page.locator(".connection-line").waitFor({ state: "detached" })
      await page.getByRole("button", { name: "Menu", exact: true }).click()
      await page.getByRole("menuitem", { name: "Sign out" }).click()
      await page.getByRole("dialog").waitFor()
      await look("signing out")
      expect(found).toEqual([])
      await ann.leave()
    }, 90_000)
  }
})
