// The page of a server below a path of its host (BASE_PATH): signing up, sending, reloading, links, leaving.

import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Server } from "../support/server.ts"
import { serverOnPostgres } from "../support/sharedServer.ts"
import { openPage, phone, sharedBrowser } from "./support/browser.ts"

let server: Server
beforeAll(async () => {
  server = await serverOnPostgres({ BASE_PATH: "/chat" })
})
afterAll(() => server?.[Symbol.asyncDispose]())

describe("the page below a base path", () => {
  it("signs up, sends, reloads and follows links, and asks nothing of the rest of its host", async () => {
    const browser = await sharedBrowser()
    const { complaints, page } = await openPage(browser, server.url, { serviceWorkers: "allow" })
    const outside: Array<string> = []
    page.on("request", (request) => {
      const { pathname, protocol } = new URL(request.url())
      if (protocol === "http:" && !pathname.startsWith("/chat")) outside.push(pathname)
    })
    await page.goto("/chat")
    await page.getByRole("link", { name: "Create an account" }).first().click()
    await page.waitForURL(`${server.url}/chat/register`)
    await page.getByLabel("User name").fill("below")
    await page.getByLabel("E-mail").fill("below@example.com")
    await page.getByRole("textbox", { name: "Password" }).fill("correct horse battery")
    await page.keyboard.press("Enter")
    await page.waitForURL(`${server.url}/chat/messenger`)
    await page.getByRole("button", { name: "Write to yourself" }).click()
    await page.waitForURL(/\/chat\/messenger\/c\/\d+$/)
    const chat = page.url()
    await page.getByRole("textbox", { name: "Message", exact: true }).fill("Below the path")
    await page.keyboard.press("Enter")
    const message = page.locator(".line", { hasText: "Below the path" })
    await message.waitFor()
    // Its worker keeps the page, within the path.
    const scope = await page.evaluate(async () => (await navigator.serviceWorker.ready).scope)
    expect(scope).toBe(`${server.url}/chat/`)
    await page.reload()
    await message.waitFor()
    expect(page.url()).toBe(chat)
    const manifest = await page.evaluate(async () => {
      const href = document.querySelector<HTMLLinkElement>('link[rel="manifest"]')?.href ?? ""
      const { icons, scope, start_url } = await (await fetch(href)).json()
      return [start_url, scope, icons[0].src].map((path) => new URL(path, href).pathname)
    })
    expect(manifest).toEqual(["/chat/messenger", "/chat/", "/chat/assets/icon-192.png"])

    // A link opened without a session leads there after the log-in.
    const other = await openPage(browser, server.url, phone)
    await other.page.goto(`${chat}/1`)
    await other.page.waitForURL(/\/chat\/login\?to=/)
    await other.page.getByLabel("User name or e-mail").fill("below")
    await other.page.getByRole("textbox", { name: "Password" }).fill("correct horse battery")
    await other.page.keyboard.press("Enter")
    await other.page.locator(".line", { hasText: "Below the path" }).waitFor()
    expect(other.page.url()).toBe(`${chat}/1`)
    await other.page.context().close()

    const cookies = await page.context().cookies()
    expect(cookies.map(({ name, path }) => `${name} ${path}`).sort()).toEqual([
      "confab_access /chat",
      "confab_logout /chat/logout",
      "confab_refresh /chat/refresh",
    ])
    expect(outside).toEqual([])
    expect([...complaints, ...other.complaints]).toEqual([])
    await page.context().close()
  }, 120_000)
})
