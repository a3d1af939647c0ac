// Files in the messenger, in a real browser: sent, seen, played, listed, and as pictures of people and groups.
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { axe, leaving, phone, stage, Visitor } from "./support/browser.ts"

const { browser, server } = await stage()

/** A picture of this size, drawn by the page itself, goes through its clipboard or a drop. */
const give = (
  visitor: Visitor,
  how: "paste" | "drop",
  files: ReadonlyArray<{ name: string; width: number; height: number }>,
) =>
  visitor.page.evaluate(
    async ({ files, how }) => {
      const data = new DataTransfer()
      for (const [i, { height, name, width }] of files.entries()) {
        const canvas = new OffscreenCanvas(width, height)
        const pen = canvas.getContext("2d")!
        const sky = pen.createLinearGradient(0, 0, width, height)
        sky.addColorStop(0, `hsl(${200 + i * 40} 80% 70%)`)
        sky.addColorStop(1, `hsl(${20 + i * 70} 80% 45%)`)
        pen.fillStyle = sky
        pen.fillRect(0, 0, width, height)
        pen.fillStyle = "white"
        pen.beginPath()
        pen.arc(width * 0.7, height * 0.3, height * 0.12, 0, 7)
        pen.fill()
        data.items.add(
          new File([await canvas.convertToBlob({ type: "image/jpeg", quality: 0.95 })], name, { type: "image/jpeg" }),
        )
      }
      const event =
        how === "paste"
          ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
          : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
      const target = how === "paste" ? "textarea" : ".conversation"
      document.querySelector(target)?.dispatchEvent(event)
    },
    { files, how },
  )

const together = async (options = {}) => {
  const ann = await Visitor.signUp(browser, server.url, "ann")
  const boris = await Visitor.signUp(browser, server.url, "boris", options)
  const chatId = await ann.person.privateChat(boris.person)
  await ann.openChat(boris.person.username)
  return { ann, boris, chatId }
}

/** Whether the picture has been drawn, and not only its place. */
const isDrawn = (visitor: Visitor, selector: string) =>
  visitor.page.locator(selector).evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0)

describe("a picture", () => {
  it("is pasted, shown above the composer, sent with a caption, and seen in its place and in the viewer", async () => {
    const { ann, boris, chatId } = await together()
    const { page } = ann
    await give(ann, "paste", [{ name: "sea.jpg", width: 1600, height: 1200 }])
    const tray = page.getByRole("region", { name: "Attached files" })
    await tray.getByText("sea.jpg").waitFor()
    await tray.locator(".tray-image").waitFor()
    expect(await axe(page)).toEqual([])
    // Held on its way, so that its progress can be seen.
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await page.route("**/files?*", async (route) => {
      await held
      await route.continue()
    })
    await ann.write("The sea")
    await page.getByRole("progressbar", { name: "Upload" }).waitFor()
    await page.locator(".photo-unsent").waitFor()
    const before = await page.locator(".album").boundingBox()
    expect(await axe(page)).toEqual([])
    release()
    await page.locator(".bubble .status-sent, .bubble .status-delivered").waitFor()
    expect(await page.locator(".album").boundingBox()).toEqual(before)
    await boris.page.locator("a.chat-row", { hasText: "Photo, The sea" }).waitFor()
    // Its place is known before its bytes.
    await boris.page.route("**/files/*", (route) => held.then(() => route.continue()))
    await boris.openChat(ann.person.username)
    await boris.sees("The sea")
    const place = await boris.page.locator(".album").boundingBox()
    expect(Math.round(((place?.width ?? 0) / (place?.height ?? 1)) * 100)).toBe(133)
    await expect.poll(() => isDrawn(boris, ".photo-image")).toBe(true)
    expect(await boris.page.locator(".album").boundingBox()).toEqual(place)

    await give(ann, "drop", [
      { name: "one.jpg", width: 900, height: 1200 },
      { name: "two.jpg", width: 1200, height: 800 },
      { name: "three.jpg", width: 800, height: 800 },
    ])
    await tray.getByRole("button", { name: "Remove" }).nth(2).waitFor()
    await page.getByRole("button", { name: "Send", exact: true }).click()
    await boris.page.locator("a.chat-row", { hasText: "3 photos" }).waitFor()
    await boris.page.locator(".photo").nth(3).waitFor()
    expect(await axe(boris.page)).toEqual([])

    await boris.page.getByRole("button", { name: /Open .*sea\.jpg/ }).click()
    const viewer = boris.page.getByRole("dialog", { name: "Pictures and videos" })
    await viewer.getByText("1 of 4").waitFor()
    expect(await axe(boris.page)).toEqual([])
    await boris.page.keyboard.press("ArrowRight")
    await viewer.getByText("one.jpg").waitFor()
    await boris.page.keyboard.press("+")
    expect(await viewer.locator(".viewer-picture").evaluate((picture) => getComputedStyle(picture).scale)).toBe("1.5")
    await boris.page.keyboard.press("0")
    await expect.poll(() => isDrawn(boris, ".viewer-picture .photo-image")).toBe(true)
    await boris.page.keyboard.press("Escape")
    await viewer.waitFor({ state: "detached" })
    expect(await boris.page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toMatch(/sea\.jpg/)

    // The answer quotes what it is; deleting takes it away.
    await boris.act("The sea", "Reply")
    await boris.write("Beautiful")
    await page.locator(".quote-text", { hasText: "Photo, The sea" }).waitFor()
    await ann.act("The sea", "Delete")
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click()
    await boris.page.getByRole("button", { name: /Open .*sea\.jpg/ }).waitFor({ state: "detached" })
    expect((await boris.person.ok("GET", `/chats/${chatId}/files`)).items.length).toBe(3)
    await leaving(ann, boris)
  }, 120_000)

  it("that was written offline survives a reload and goes out once, in its place, when the connection is back", async () => {
    const { ann, boris, chatId } = await together()
    const { page } = ann
    await page.waitForLoadState("networkidle")
    await page.context().setOffline(true)
    await ann.write("Before")
    await give(ann, "paste", [{ name: "storm.jpg", width: 640, height: 480 }])
    await page.locator(".tray-image").waitFor()
    await ann.write("From the boat")
    await ann.write("After")
    await page.getByText("Waits for the connection").waitFor()
    const names = () =>
      page.evaluate(
        () =>
          new Promise<number>((resolve, reject) => {
            const opening = indexedDB.open("confab")
            opening.onerror = () => reject(opening.error)
            opening.onsuccess = () => {
              const count = opening.result.transaction("messages").objectStore("messages").count()
              count.onsuccess = () => resolve(count.result)
            }
          }),
      )
    await expect.poll(names).toBe(3)
    // The page comes from the server, what it kept from the browser.
    await page.context().setOffline(false)
    const first = page.waitForRequest("**/files?*")
    await page.reload()
    await first
    await boris.openChat(ann.person.username)
    await boris.sees("After")
    const { items } = await boris.person.ok("GET", `/chats/${chatId}/messages`)
    expect(items.map((item: { text: string; attachments?: [] }) => [item.text, item.attachments?.length ?? 0])).toEqual(
      [
        ["Before", 0],
        ["From the boat", 1],
        ["After", 0],
      ],
    )
    await ann.page.locator(".status-sending").first().waitFor({ state: "detached" })
    await leaving(ann, boris)
  }, 90_000)
})

describe("files of other kinds", () => {
  it("are refused when they are too large, saved by name, recorded, played, and listed with the chat", async () => {
    const { ann, boris } = await together({ ...phone, viewport: { width: 320, height: 640 }, locale: "ru-RU" })
    const { page } = ann
    const picker = page.locator("input[type=file]")
    await picker.setInputFiles([
      { name: "empty.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) },
      { name: "Годовой отчёт.txt", mimeType: "text/plain", buffer: Buffer.from("in short: good") },
    ])
    await page.getByRole("alert").getByText("Empty").waitFor()
    expect(await page.getByRole("button", { name: "Send", exact: true }).isDisabled()).toBe(true)
    expect(await axe(page)).toEqual([])
    await page.getByRole("button", { name: "Remove" }).first().click()
    await page.getByRole("button", { name: "Send", exact: true }).click()
    await boris.page.locator("a.chat-row", { hasText: "Годовой отчёт.txt" }).waitFor()
    await boris.openChat(ann.person.username)
    const link = boris.page.locator("a.document")
    const [saved] = await Promise.all([boris.page.waitForEvent("download"), link.click()])
    expect(saved.suggestedFilename()).toBe("Годовой отчёт.txt")

    await page.getByRole("button", { name: "Record a voice message" }).click()
    await page.locator(".recorder time", { hasText: "0:01" }).waitFor()
    expect(await axe(page)).toEqual([])
    await page.getByRole("button", { name: "Send the recording" }).click()
    await boris.page.locator(".player-voice").waitFor()
    expect(await boris.page.locator(".player-bar").count()).toBeGreaterThan(5)
    await boris.page.getByRole("button", { name: "Воспроизвести" }).click()
    await boris.page.getByRole("button", { name: "Пауза" }).waitFor()
    expect(await axe(boris.page)).toEqual([])
    const overflow = await boris.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)

    await page.locator(".head-who").click()
    await page.getByRole("button", { name: "Shared files" }).click()
    const gallery = page.getByRole("dialog", { name: "Shared files" })
    await gallery.getByText("Nothing of this kind").waitFor()
    await gallery.getByText("Voice", { exact: true }).click()
    await gallery.locator(".player-voice").waitFor()
    await gallery.getByText("Files", { exact: true }).click()
    await gallery.getByText("Годовой отчёт.txt").waitFor()
    expect(await axe(page)).toEqual([])
    await gallery.getByRole("button", { name: "Show in the chat" }).click()
    await page.locator(".line-highlighted a.document").waitFor()
    await leaving(ann, boris)
  }, 120_000)
})

describe("the picture of a user and of a group", () => {
  it("is set, shown everywhere at once, and removed", async () => {
    const { ann, boris } = await together()
    const { page } = ann
    await boris.openChat(ann.person.username)
    const carla = await Person.signUp(server.url, "carla")
    await ann.person.ok("POST", "/chats", { type: "group", name: "Sailors", member_ids: [boris.person.id, carla.id] })
    const png = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(300, 200)
      const pen = canvas.getContext("2d")!
      pen.fillStyle = "teal"
      pen.fillRect(0, 0, 300, 200)
      return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())]
    })
    const picture = { name: "me.png", mimeType: "image/png", buffer: Buffer.from(png) }
    await page.getByRole("button", { name: "Menu" }).click()
    await page.getByRole("menuitem", { name: "Profile and devices" }).click()
    const dialog = page.getByRole("dialog")
    await dialog.getByRole("button", { name: "Set a picture" }).waitFor()
    await dialog.locator("input[type=file]").setInputFiles({ ...picture, buffer: Buffer.from("no picture at all") })
    await page.getByText("This is no picture that the server can read.").first().waitFor()
    await dialog.locator("input[type=file]").setInputFiles(picture)
    await dialog.locator(".avatar-picture").waitFor()
    expect(await axe(page)).toEqual([])
    await boris.page.locator(".head .avatar-picture").waitFor()
    await boris.page.locator("a.chat-row .avatar-picture").waitFor()
    expect(await isDrawn(boris, ".head .avatar-picture")).toBe(true)
    await dialog.getByRole("button", { name: "Remove the picture" }).click()
    await boris.page.locator(".avatar-picture").first().waitFor({ state: "detached" })
    await page.keyboard.press("Escape")

    await ann.openChat("Sailors")
    await page.locator(".head-who").click()
    await page.locator(".info-column input[type=file]").setInputFiles(picture)
    await boris.page.locator("a.chat-row", { hasText: "Sailors" }).locator(".avatar-picture").waitFor()
    await boris.openChat("Sailors")
    await boris.page.locator(".head-who").click()
    await boris.page.locator(".info-column .avatar-picture").waitFor()
    expect(await boris.page.getByRole("button", { name: "Change the picture" }).count()).toBe(0)
    await leaving(ann, boris)
  }, 90_000)
})
