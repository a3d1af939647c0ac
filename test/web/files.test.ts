// Files in the messenger, in a real browser: sent, seen, played, listed, and as pictures of people and groups.
import type { BrowserContextOptions, Page } from "playwright-core"
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { axe, leaving, phone, stage, Visitor } from "./support/browser.ts"

const { browser, server } = await stage()

/** Holds these requests on their way until the returned function is called. */
const hold = async (page: Page, url: string): Promise<() => void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  await page.route(url, async (route) => {
    await promise
    await route.continue()
  })
  return resolve
}

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

const together = async (ofBoris: BrowserContextOptions = {}, ofAnn: BrowserContextOptions = {}) => {
  const ann = await Visitor.signUp(browser, server.url, "ann", ofAnn)
  const boris = await Visitor.signUp(browser, server.url, "boris", ofBoris)
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
    // What is attached is offered again, to this user in this chat alone, and is the same in another tab.
    await give(ann, "paste", [{ name: "sky.jpg", width: 800, height: 600 }])
    await tray.getByText("sky.jpg").waitFor()
    await tray.getByRole("checkbox").check()
    const tab = await page.context().newPage()
    await tab.goto("/messenger")
    const row = tab.locator("a.chat-row", { hasText: boris.person.username })
    await row.getByText("Draft:").waitFor()
    expect(await row.locator(".chat-row-words").textContent()).toBe("2 photos")
    await row.click()
    const there = tab.getByRole("region", { name: "Attached files" })
    await there.getByText("sky.jpg").waitFor()
    expect(await there.getByRole("checkbox").isChecked()).toBe(true)
    await there.getByRole("button", { name: "Remove \u2068sky.jpg\u2069" }).click()
    await tray.getByText("sky.jpg").waitFor({ state: "detached" })
    await tab.close()
    await page.reload()
    await tray.locator(".tray-image").waitFor()
    expect(await tray.locator(".tray-name").allTextContents()).toEqual(["sea.jpg"])
    await tray.getByRole("checkbox").uncheck()
    // Held on its way, so that its progress can be seen.
    const release = await hold(page, "**/files?*")
    await ann.write("The sea")
    await page.getByRole("progressbar", { name: "Upload" }).waitFor()
    await page.locator(".photo-unsent").waitFor()
    const before = await page.locator(".album").boundingBox()
    expect(await axe(page)).toEqual([])
    release()
    await page.locator(".bubble .status-sent, .bubble .status-delivered").waitFor()
    expect(await tray.count()).toBe(0)
    expect(await page.locator(".album").boundingBox()).toEqual(before)
    await boris.page.locator("a.chat-row", { hasText: "Photo, The sea" }).waitFor()
    // Its place is known before its bytes.
    const show = await hold(boris.page, "**/files/*")
    await boris.openChat(ann.person.username)
    await boris.sees("The sea")
    const place = await boris.page.locator(".album").boundingBox()
    expect([place?.width, Math.round(place?.height ?? 0)]).toEqual([420, 315])
    expect(await isDrawn(boris, ".photo-image")).toBe(false)
    show()
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

    // An upright one fills its place, too.
    await give(ann, "paste", [{ name: "mast.jpg", width: 600, height: 1000 }])
    await tray.locator(".tray-image").waitFor()
    await ann.write("The mast")
    await boris.sees("The mast")
    const mast = boris.message("The mast")
    const widths = [".album", ".photo"].map(async (part) => (await mast.locator(part).boundingBox())?.width)
    expect(await Promise.all(widths)).toEqual([252, 252])
    await leaving(ann, boris)
  }, 120_000)

  it("that was written offline survives a reload and goes out once, in its place, when the connection is back", async () => {
    const { ann, boris, chatId } = await together({}, { serviceWorkers: "allow" })
    const { page } = ann
    // Its code is loaded when it is first shown, at the latest.
    await give(ann, "paste", [{ name: "calm.jpg", width: 64, height: 48 }])
    await page.locator(".tray-image").waitFor()
    await page.getByRole("button", { name: "Remove" }).click()
    await page.locator(".tray-image").waitFor({ state: "detached" })
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
    // What was sent is attached to nothing any more.
    await page.locator(".composer").waitFor()
    expect(await page.locator(".tray").count()).toBe(0)
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
    await page.getByRole("tab", { name: "Media" }).click()
    const gallery = page.getByRole("tabpanel")
    await gallery.getByText("Nothing of this kind").waitFor()
    await page.getByRole("tab", { name: "Files" }).click()
    await gallery.getByText("Годовой отчёт.txt").waitFor()
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

describe("a video and a sound", () => {
  it("are played in their line, from the server and before they are sent, and from nowhere else", async () => {
    const { ann, boris } = await together()
    const { page } = ann
    const video = await page.evaluate(async () => {
      const canvas = document.createElement("canvas")
      const pen = canvas.getContext("2d")!
      const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: "video/webm" })
      const parts: Array<Blob> = []
      recorder.ondataavailable = ({ data }) => parts.push(data)
      const ended = new Promise((resolve) => {
        recorder.onstop = resolve
      })
      recorder.start()
      for (let i = 0; i < 20; i++) {
        pen.fillStyle = `hsl(${i * 18} 80% 50%)`
        pen.fillRect(0, 0, canvas.width, canvas.height)
        await new Promise(requestAnimationFrame)
      }
      recorder.stop()
      await ended
      return [...new Uint8Array(await new Blob(parts).arrayBuffer())]
    })
    // A second of silence.
    const silence = Buffer.alloc(44 + 8_000, 128)
    silence.write("RIFF\0\0\0\0WAVEfmt ", "latin1")
    for (const [at, value] of [
      [4, 36 + 8_000],
      [16, 16],
      [20, 0x1_0001],
      [24, 8_000],
      [28, 8_000],
      [32, 0x8_0001],
    ] as const)
      silence.writeUInt32LE(value, at)
    silence.write("data", 36, "latin1")
    silence.writeUInt32LE(8_000, 40)
    // Held on its way: what is being sent is shown from its own bytes.
    const release = await hold(page, "**/files?*")
    await page.locator("input[type=file]").setInputFiles([
      { name: "waves.webm", mimeType: "video/webm", buffer: Buffer.from(video) },
      { name: "sea.wav", mimeType: "audio/wav", buffer: silence },
    ])
    await page.getByRole("button", { name: "Send", exact: true }).click()
    const canPlay = (visitor: Visitor, selector: string) =>
      expect.poll(() =>
        visitor.page
          .locator(selector)
          .evaluate((media: HTMLMediaElement) => [
            media.error?.message,
            media.readyState >= 1,
            media.currentSrc.split(":")[0],
          ]),
      )
    await canPlay(ann, ".album-video").toEqual([undefined, true, "blob"])
    release()
    await boris.openChat(ann.person.username)
    await canPlay(boris, ".album-video").toEqual([undefined, true, "http"])
    await canPlay(boris, "audio").toEqual([undefined, true, "http"])
    expect(await boris.page.locator(".album-video").getAttribute("controls")).not.toBeNull()
    await boris.page.getByText("sea.wav").waitFor()
    await boris.page.getByRole("button", { name: "Play" }).click()
    await expect
      .poll(() => boris.page.locator("audio").evaluate((audio: HTMLAudioElement) => audio.currentTime))
      .toBeGreaterThan(0)
    const elsewhere = await boris.page.evaluate(
      () =>
        new Promise((resolve) => {
          document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => resolve(effectiveDirective))
          new Audio("http://127.0.0.1:1/sound.wav").load()
        }),
    )
    expect(elsewhere).toBe("media-src")
    expect(boris.complaints.filter((line) => !line.includes("media-src"))).toEqual([])
    await boris.leave()
    await leaving(ann)
  }, 60_000)
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
