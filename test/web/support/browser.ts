// A real Chromium from npm, and its users: each has a browser profile of their own, signed in by the page's cookies.
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core"
import { expect } from "vitest"
import { Person } from "../../support/person.ts"
import { sharedServer } from "../../support/sharedServer.ts"
import { launchChromium } from "./chromium.ts"

let browser: Promise<Browser> | undefined

/** One for all files of a worker. The name is one that a server has on a network at home. */
export const sharedBrowser = (): Promise<Browser> =>
  (browser ??= launchChromium(["--host-resolver-rules=MAP chat.lan 127.0.0.1"]))

/** For stories that need only users of their own. */
export const stage = async () => {
  const [browser, server] = await Promise.all([sharedBrowser(), sharedServer()])
  return { browser, server }
}

export const wide = { viewport: { width: 1280, height: 800 } } as const
export const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true } as const

/** A user at a browser window. Errors inside the page are kept in `complaints`. */
export class Visitor {
  readonly page: Page
  readonly person: Person
  readonly complaints: ReadonlyArray<string>

  private constructor(page: Page, person: Person, complaints: ReadonlyArray<string>) {
    this.page = page
    this.person = person
    this.complaints = complaints
  }

  /** A new profile with this user signed in, at the messenger. */
  static async enter(browser: Browser, person: Person, options: BrowserContextOptions = {}): Promise<Visitor> {
    const { page, complaints } = await openPage(browser, person.base, options)
    const reply = await page.context().request.post("/login", {
      data: { login: person.username, password: person.password },
      headers: { origin: person.base },
    })
    if (!reply.ok()) throw new Error(`Log-in: ${reply.status()} ${await reply.text()}`)
    const visitor = new Visitor(page, person, complaints)
    await visitor.page.goto("/messenger")
    await visitor.page.locator(".list-pane").waitFor()
    return visitor
  }

  /** Signs up under a new name, and enters. */
  static async signUp(browser: Browser, base: string, name: string, options?: BrowserContextOptions): Promise<Visitor> {
    return Visitor.enter(browser, await Person.signUp(base, name), options)
  }

  async openChat(name: string): Promise<void> {
    await this.page.locator("a.chat-row", { hasText: name }).click()
    await this.page.locator(".messages").waitFor()
  }

  get composer() {
    return this.page.getByRole("textbox", { name: "Message", exact: true })
  }

  async write(text: string): Promise<void> {
    await this.composer.fill(text)
    // Under a finger Enter breaks the line.
    if (await this.page.evaluate(() => matchMedia("(pointer: coarse)").matches)) {
      await this.page.getByRole("button", { name: "Send", exact: true }).click()
    } else await this.composer.press("Enter")
  }

  /** The message with this text. */
  message(text: string) {
    return this.page.locator(".line", { has: this.page.getByText(text, { exact: true }) })
  }

  async sees(text: string): Promise<void> {
    await this.message(text).first().waitFor()
  }

  /** Opens a part of the profile. */
  async openProfile(part: "Account" | "Devices" | "Privacy" | "Notifications"): Promise<void> {
    await openProfile(this.page, part)
  }

  /** Opens the menu of the message with this text and takes an action. */
  async act(text: string, action: string): Promise<void> {
    await this.message(text).locator(".bubble").click({ button: "right" })
    await this.page.getByRole("menuitem", { name: action }).click()
  }

  async leave(): Promise<void> {
    await this.page.context().close()
  }
}

/** Nothing has gone wrong in their pages, and they close. */
export const leaving = async (...visitors: ReadonlyArray<Visitor>): Promise<void> => {
  expect(visitors.flatMap(({ complaints }) => complaints)).toEqual([])
  await Promise.all(visitors.map((visitor) => visitor.leave()))
}

/** This window has closed, and the step back that a window makes then is done: it would end a navigation that begins before. */
export const closed = async (window: Locator): Promise<void> => {
  await window.waitFor({ state: "detached" })
  await window.page().waitForFunction(() => (history.state?.layers ?? 0) === 0)
}

/**
 * Without the page's service worker unless `options` allow it: it fetches the whole page once more, which takes as much processor time
 * as two thirds of opening the page.
 */
export const openPage = async (browser: Browser, base: string, options: BrowserContextOptions = {}) => {
  const context = await browser.newContext({
    baseURL: base,
    locale: "en-US",
    serviceWorkers: "block",
    ...wide,
    ...options,
  })
  context.setDefaultTimeout(25_000)
  const page = await context.newPage()
  const complaints: Array<string> = []
  page.on("pageerror", (error) => complaints.push(error.stack ?? error.message))
  page.on("console", (line) => {
    if (line.type() === "error" && !/Failed to load resource|WebSocket connection/.test(line.text())) {
      complaints.push(line.text())
    }
  })
  return { page, complaints }
}

export const openProfile = async (page: Page, part: string): Promise<void> => {
  await page.getByRole("button", { name: "Menu" }).click()
  await page.getByRole("menuitem", { name: "Profile and devices" }).click()
  await page
    .getByRole("dialog")
    .getByRole("button", { name: new RegExp(`^${part}`) })
    .click()
  await page.getByRole("dialog", { name: part }).waitFor()
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** These depend on the theme; everything else that axe looks at is the same in both. */
const aboutColours = ["color-contrast", "link-in-text-block"]

/** What axe finds wrong with the page as it is now, in both themes, one line each. */
export const axe = async (page: Page): Promise<ReadonlyArray<string>> => {
  // Evaluated through the debugger, so that the page's own policy does not need to let it in.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeSource)
  const found: Array<string> = []
  for (const [colorScheme, rules] of [
    ["dark", aboutColours],
    ["light", undefined],
  ] as const) {
    await page.emulateMedia({ colorScheme })
    const complaints = await page.evaluate(async (rules) => {
      interface Found {
        readonly id: string
        readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary?: string }>
      }
      const { axe } = globalThis as unknown as {
        axe: { run(options: object): Promise<{ violations: ReadonlyArray<Found> }> }
      }
      // Colours that change gradually do so from the next frame on.
      for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame)
      const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
      await Promise.allSettled(ending.map(({ finished }) => finished))
      const { violations } = await axe.run({
        resultTypes: ["violations"],
        // It would fetch all style sheets again, for a rule that is not asked for.
        preload: false,
        ...(rules === undefined ? {} : { runOnly: rules }),
      })
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ""}`),
      )
    }, rules)
    found.push(...complaints.map((complaint) => `${colorScheme}: ${complaint}`))
  }
  return found
}
