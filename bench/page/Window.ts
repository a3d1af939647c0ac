// A user's page of the messenger in Chromium, and what it costs: bytes, heap, milliseconds of script.
import type { Browser, CDPSession, Page } from "playwright-core"
import type { Person } from "../../test/support/person.ts"

export interface Cost {
  readonly script: number
  readonly task: number
}

export class Window {
  readonly page: Page
  readonly #cdp: CDPSession

  private constructor(page: Page, cdp: CDPSession) {
    this.page = page
    this.#cdp = cdp
  }

  /**
   * A browser profile with this user signed in; nothing is loaded yet. What the page loads when it is idle is blocked.
   */
  static async of(browser: Browser, person: Person): Promise<Window> {
    const context = await browser.newContext({ baseURL: person.base, locale: "en-US" })
    context.setDefaultTimeout(60_000)
    const page = await context.newPage()
    await page.addInitScript(() => Object.assign(window, { requestIdleCallback: () => 0 }))
    const data = { login: person.username, password: person.password }
    const reply = await context.request.post("/login", { data, headers: { origin: person.base } })
    if (!reply.ok()) throw new Error(`Log-in: ${reply.status()}`)
    const cdp = await context.newCDPSession(page)
    await cdp.send("Performance.enable")
    return new Window(page, cdp)
  }

  async open(path: string, shown: string): Promise<void> {
    await this.page.goto(path)
    await this.page.locator(shown).first().waitFor()
  }

  /** Bytes of script that were transferred, and milliseconds since the page began to load. */
  async loaded(): Promise<{ readonly bytes: number; readonly millis: number }> {
    return this.page.evaluate(() => ({
      bytes: (performance.getEntriesByType("resource") as Array<PerformanceResourceTiming>)
        .filter(({ name }) => new URL(name).pathname.endsWith(".js"))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
      millis: performance.now(),
    }))
  }

  async #metrics(): Promise<Readonly<Record<string, number>>> {
    const { metrics } = await this.#cdp.send("Performance.getMetrics")
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
  }

  /** Milliseconds of the main thread that `work` takes: of script, and of everything. */
  async cost(work: () => Promise<void>): Promise<Cost> {
    const before = await this.#metrics()
    await work()
    const after = await this.#metrics()
    const took = (name: string) => ((after[name] ?? 0) - (before[name] ?? 0)) * 1_000
    return { script: took("ScriptDuration"), task: took("TaskDuration") }
  }

  /** Bytes of the heap in use, and nodes of the document. */
  async heap(): Promise<{ readonly bytes: number; readonly nodes: number }> {
    for (let i = 0; i < 3; i++) await this.#cdp.send("HeapProfiler.collectGarbage")
    const { usedSize } = await this.#cdp.send("Runtime.getHeapUsage")
    return { bytes: usedSize, nodes: await this.page.evaluate(() => document.querySelectorAll("*").length) }
  }

  /** Milliseconds from the click on a chat in the list until this text of it is painted. */
  opening(chat: string, text: string): Promise<number> {
    return this.page.evaluate(
      async ([chat, text]) => {
        const row = [...document.querySelectorAll<HTMLElement>("a.chat-row")].find((row) =>
          row.textContent?.includes(chat),
        )
        const from = performance.now()
        row?.click()
        do await new Promise(requestAnimationFrame)
        while (![...document.querySelectorAll(".messages .line")].some((line) => line.textContent?.includes(text)))
        return performance.now() - from
      },
      [chat, text] as const,
    )
  }

  /** When this text is painted in the conversation, epoch milliseconds. */
  painted(text: string): Promise<number> {
    return this.page.evaluate(async (text) => {
      do await new Promise(requestAnimationFrame)
      while (![...document.querySelectorAll(".messages .line")].some((line) => line.textContent?.includes(text)))
      return performance.timeOrigin + performance.now()
    }, text)
  }

  /** Writes a message into the field and presses Enter. Returns when, epoch milliseconds. */
  async enter(text: string): Promise<number> {
    await this.page.getByRole("textbox", { name: "Message", exact: true }).fill(text)
    return this.page.evaluate(() => {
      const at = performance.timeOrigin + performance.now()
      document.activeElement?.dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }),
      )
      return at
    })
  }

  /** Scrolls to the end of the conversation, where this message is the last one. */
  async toNewest(text: string): Promise<void> {
    const line = this.page.locator(".line", { hasText: text }).last()
    const jump = this.page.locator(".jump")
    for (let i = 0; i < 100 && !(await line.isVisible()); i++) {
      if (await jump.isVisible()) await jump.click({ timeout: 1_000 }).catch(() => {})
      await this.page.waitForTimeout(200)
    }
    await line.waitFor()
    await this.page.waitForTimeout(500)
  }

  /** Scrolls up until there are no older messages. Returns the number of page requests. */
  async readAll(): Promise<number> {
    let pages = 0
    this.page.on("response", (response) => {
      if (/\/messages\?/.test(response.url())) pages++
    })
    await this.page.evaluate(async () => {
      const box = document.querySelector(".messages")
      if (box === null) throw new Error("There is no conversation")
      const frame = () => new Promise(requestAnimationFrame)
      const begun = () => box.scrollTop === 0 && box.querySelector(".list-loading") === null
      for (let still = 0; still < 30; still = begun() ? still + 1 : 0) {
        box.scrollTop = 0
        await frame()
      }
    })
    return pages
  }

  async close(): Promise<void> {
    await this.page.context().close()
  }
}
