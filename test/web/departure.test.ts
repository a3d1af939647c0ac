// Taking one's data along and going for good, in a real browser, and what the others see of it.
import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { axe, stage, Visitor } from "./support/browser.ts"

const { browser, server } = await stage()

it("saves one's data as a file, then deletes the account; the other one keeps what was written", async () => {
  const [ann, boris] = await Promise.all([
    Visitor.signUp(browser, server.url, "ann"),
    Visitor.signUp(browser, server.url, "boris"),
  ])
  await ann.person.privateChat(boris.person)
  const name = ann.person.username
  await Promise.all([ann.openChat(boris.person.username), boris.openChat(name)])
  await ann.write("Keep this")
  await boris.sees("Keep this")

  const { page } = ann
  await ann.openProfile("Account")
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Export my data" }).click(),
  ])
  expect(download.suggestedFilename()).toBe("confab-export.json")
  const data = JSON.parse(readFileSync(await download.path(), "utf8"))
  expect(data.profile.username).toBe(name)
  expect(data.messages.map(({ text }: { text: string }) => text)).toEqual(["Keep this"])

  await page.getByRole("button", { name: "Delete account" }).click()
  const password = page.getByLabel("Current password", { exact: true })
  await expect.poll(() => password.evaluate((input) => input === document.activeElement)).toBe(true)
  expect(await axe(page)).toEqual([])
  await password.fill("not mine")
  await page.keyboard.press("Enter")
  await page.getByText("This is not your current password.").waitFor()
  await password.fill(ann.person.password)
  await page.getByRole("button", { name: "Delete my account for good" }).click()
  await page.waitForURL("**/login")
  await page.getByText("You have signed out.").waitFor()

  await boris.page.locator(".head-name", { hasText: "Deleted account" }).waitFor()
  await boris.page.locator("a.chat-row", { hasText: "Deleted account" }).waitFor()
  await boris.page.getByText("This account was deleted.").waitFor()
  expect(await boris.composer.count()).toBe(0)
  await boris.sees("Keep this")
  // In the panes: announcements for screen readers stay as they were.
  expect(
    await boris.page
      .locator("main > div")
      .getByText(name)
      .evaluateAll((found) => found.map((e) => e.outerHTML)),
  ).toEqual([])
  expect(await axe(boris.page)).toEqual([])
  expect([...ann.complaints, ...boris.complaints]).toEqual([])
  await Promise.all([ann.leave(), boris.leave()])
})
