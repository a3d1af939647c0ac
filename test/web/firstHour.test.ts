// A user's first hour: at home over plain http, on a phone, with an input method, in two tabs, by links.
import { readFileSync } from "node:fs"
import type { BrowserContextOptions } from "playwright-core"
import { describe, expect, it } from "vitest"
import { Person } from "../support/person.ts"
import { Speaker } from "../support/speaker.ts"
import { axe, closed, leaving, openPage, openProfile, phone, stage, Visitor } from "./support/browser.ts"

const { browser, server } = await stage()

/** A user at a window that shows the private chat with another one, who has no window. */
const facing = async (options?: BrowserContextOptions) => {
  const [ann, boris] = await Promise.all([
    Visitor.signUp(browser, server.url, "ann", options),
    Person.signUp(server.url, "boris"),
  ])
  const chatId = await ann.person.privateChat(boris)
  await ann.openChat(boris.username)
  return { ann, boris, chatId }
}

/** Two users with a private chat, each at a window that shows it. */
const talking = async (options?: BrowserContextOptions) => {
  const [ann, boris] = await Promise.all([
    Visitor.signUp(browser, server.url, "ann", options),
    Visitor.signUp(browser, server.url, "boris"),
  ])
  const chatId = await ann.person.privateChat(boris.person)
  await Promise.all([ann.openChat(boris.person.username), boris.openChat(ann.person.username)])
  return { ann, boris, chatId }
}

/** Sends `count` messages of one user without a browser. Returns their ids by number, from 1. */
const said = async (person: Person, chatId: number, count: number): Promise<ReadonlyArray<number>> => {
  const ids: Array<number> = [0]
  const batch = 50
  const speaker = await Speaker.of(person)
  for (let from = 1; from <= count; from += batch) {
    const numbers = Array.from({ length: Math.min(batch, count - from + 1) }, (_, i) => from + i)
    ids.push(...(await Promise.all(numbers.map((n) => speaker.say(chatId, `Number ${n}`)))))
  }
  speaker.close()
  return ids
}

describe("at home, on plain http under a name of its own", () => {
  it("a message can be sent, and one's data be taken along", async () => {
    const lan = server.url.replace("127.0.0.1", "chat.lan")
    const boris = await Visitor.signUp(browser, server.url, "boris")
    const { page, complaints } = await openPage(browser, lan)
    await page.goto("/register")
    const username = `lan-${process.pid}`
    await page.getByLabel("User name").fill(username)
    await page.getByLabel("E-mail").fill(`${username}@example.com`)
    await page.getByRole("textbox", { name: "Password" }).fill("correct horse battery")
    await page.keyboard.press("Enter")
    expect(await page.evaluate(() => [isSecureContext, typeof crypto.randomUUID])).toEqual([false, "undefined"])
    await page.getByRole("textbox", { name: "Search chats and people" }).fill(boris.person.username)
    await page.getByRole("button", { name: boris.person.username }).click()
    await page.getByRole("textbox", { name: "Message", exact: true }).fill("Hello from home")
    await page.keyboard.press("Enter")
    await boris.openChat(username)
    await boris.sees("Hello from home")
    // Over plain http the browser does not send the page's origin.
    await openProfile(page, "Account")
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export my data" }).click(),
    ])
    expect(download.suggestedFilename()).toBe("confab-export.json")
    expect(JSON.parse(readFileSync(await download.path(), "utf8")).profile.username).toBe(username)
    expect(complaints).toEqual([])
    await page.context().close()
    await leaving(boris)
  })
})

describe("a browser that cannot do what sending needs", () => {
  it("says so, and keeps what was written", async () => {
    const { ann } = await facing()
    const { page } = ann
    await page.evaluate(() => {
      const broken = () => {
        throw new Error("broken")
      }
      Object.assign(crypto, { randomUUID: broken, getRandomValues: broken })
    })
    await ann.composer.fill("Not lost")
    await page.keyboard.press("Enter")
    await page.locator(".composer-refused").waitFor()
    expect(await ann.composer.inputValue()).toBe("Not lost")
    await leaving(ann)
  })
})

describe("two tabs", () => {
  it("follow each other when another user signs in, and one of them acts for no user before that", async () => {
    const { ann, boris } = await facing()
    const { page } = ann
    // The storage event is slower than a click: without it, the server still refuses.
    await page.evaluate(() => window.addEventListener("storage", (event) => event.stopImmediatePropagation(), true))
    await page.getByRole("button", { name: "Menu" }).click()
    await page.getByRole("menuitem", { name: "Profile and devices" }).waitFor()
    const reply = await page.context().request.post("/login", {
      data: { login: boris.username, password: boris.password },
      headers: { origin: server.url },
    })
    expect(reply.ok()).toBe(true)
    // Its devices are requested: they would be the other one's. Any earlier request is refused as well, and the page is gone by then.
    await page.getByRole("menuitem", { name: "Profile and devices" }).evaluateAll((items) => {
      for (const item of items) (item as HTMLElement).click()
    })
    await page.waitForURL(/\/login|\/messenger$/)
    await page.locator(".head").waitFor({ state: "detached" })
    expect(await page.getByText(ann.person.username).count()).toBe(0)
    await leaving(ann)
  })

  it("of one browser change over together, and the pages for others lead on", async () => {
    const ann = await Visitor.signUp(browser, server.url, "ann")
    const other = await ann.page.context().newPage()
    await other.goto("/login")
    await other.waitForURL("**/messenger")
    await other.goto("/register")
    await other.waitForURL("**/messenger")
    await other.getByRole("button", { name: "Menu" }).click()
    await other.getByRole("menuitem", { name: "Sign out" }).click()
    await other.getByRole("dialog").getByRole("button", { name: "Sign out" }).click()
    await ann.page.waitForURL("**/login")
    await other.waitForURL("**/login")
    const carla = await Person.signUp(server.url, "carla")
    await other.getByLabel("User name or e-mail").fill(carla.username)
    await other.getByRole("textbox", { name: "Password" }).fill(carla.password)
    await other.keyboard.press("Enter")
    await other.waitForURL("**/messenger")
    await ann.page.waitForURL("**/messenger")
    await leaving(ann)
  })
})

describe("a phone", () => {
  it("breaks the line by Enter, sends by the button, and Back closes what is open first", async () => {
    const { ann } = await facing(phone)
    await ann.composer.fill("One")
    await ann.composer.press("Enter")
    await ann.composer.pressSequentially("Two")
    expect(await ann.composer.getAttribute("enterkeyhint")).toBe("enter")
    expect(await ann.composer.inputValue()).toBe("One\nTwo")
    await ann.page.getByRole("button", { name: "Send", exact: true }).tap()
    await ann.page.locator(".bubble").locator(".status-sent, .status-delivered, .status-read").waitFor()
    const place = ann.page.url()
    await ann.page.locator(".bubble").tap()
    await ann.page.getByRole("menu").waitFor()
    await ann.page.goBack()
    await ann.page.getByRole("menu").waitFor({ state: "detached" })
    await ann.page.locator(".head-who").tap()
    await ann.page.getByRole("dialog").waitFor()
    await ann.page.goBack()
    await ann.page.getByRole("dialog").waitFor({ state: "detached" })
    expect(ann.page.url()).toBe(place)
    await ann.page.goBack()
    await ann.page.waitForURL("**/messenger")
    await leaving(ann)
  })

  it("does not take a tap that ends a selection of text for another thing", async () => {
    const { ann } = await facing(phone)
    await ann.write("Select me")
    await ann.sees("Select me")
    await ann.page.evaluate(() => getSelection()?.selectAllChildren(document.querySelector(".bubble-text")!))
    await ann.page.locator(".bubble").tap()
    expect(await ann.page.getByRole("menu").count()).toBe(0)
    await leaving(ann)
  })
})

describe("an input method", () => {
  it("has the keys of its window to itself, also Safari's late Enter", async () => {
    const { ann } = await facing()
    await ann.composer.fill("にほん")
    const press = (key: string) =>
      ann.page.evaluate((key) => {
        const event = new KeyboardEvent("keydown", { key, keyCode: 229, bubbles: true, cancelable: true })
        document.activeElement?.dispatchEvent(event)
      }, key)
    await ann.composer.focus()
    for (const key of ["Enter", "Escape", "ArrowUp"]) await press(key)
    expect(await ann.composer.inputValue()).toBe("にほん")
    expect(ann.page.url()).toContain("/messenger/c/")
    await ann.page.keyboard.press("Control+Shift+f")
    await ann.page.getByRole("textbox", { name: "Search chats and people" }).fill("nobody")
    for (const key of ["Enter", "Escape"]) await press(key)
    expect(await ann.page.getByRole("textbox", { name: "Search chats and people" }).inputValue()).toBe("nobody")
    expect(await ann.page.locator(".line").count()).toBe(0)
    await leaving(ann)
  })
})

describe("what was typed", () => {
  it("survives a look into another chat: an answer, an edit, a draft", async () => {
    const { ann, boris } = await talking()
    const carla = await Person.signUp(server.url, "carla")
    await ann.person.privateChat(carla)
    await boris.write("A question")
    await ann.sees("A question")
    await ann.act("A question", "Reply")
    await ann.composer.fill("Half an answer")
    await ann.openChat(carla.username)
    await ann.openChat(boris.person.username)
    await ann.page.locator(".composer-about", { hasText: "A question" }).waitFor()
    expect(await ann.composer.inputValue()).toBe("Half an answer")
    await ann.composer.press("Enter")
    await boris.message("Half an answer").locator(".quote", { hasText: "A question" }).waitFor()
    await ann.act("Half an answer", "Edit")
    await ann.composer.fill("A whole answer")
    await ann.openChat(carla.username)
    // It marks its chat, as a draft does, here and in another tab.
    const marked = ({ page }: Pick<Visitor, "page">) =>
      page.locator("a.chat-row", { hasText: boris.person.username }).getByText("Edit: A whole answer")
    const tab = await ann.page.context().newPage()
    await tab.goto(ann.page.url())
    await marked({ page: tab }).waitFor()
    await ann.page.reload()
    await marked(ann).waitFor()
    await ann.openChat(boris.person.username)
    await expect.poll(() => ann.composer.inputValue()).toBe("A whole answer")
    // It is saved while another chat is open.
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await ann.page.route("**/messages/*", (route) => held.then(() => route.continue()))
    await ann.composer.press("Enter")
    await ann.openChat(carla.username)
    await marked(ann).waitFor()
    release()
    await boris.sees("A whole answer")
    for (const page of [ann.page, tab]) await marked({ page }).waitFor({ state: "detached" })
    await tab.close()
    await leaving(ann, boris)
  })

  it("stays with its reason when the server refuses an edit", async () => {
    const { ann, boris } = await talking()
    await ann.write("To be changed")
    await ann.message("To be changed").locator(".status-sent, .status-delivered, .status-read").waitFor()
    await ann.act("To be changed", "Edit")
    await ann.composer.fill("Changed too late")
    await ann.page.route("**/messages/*", (route) =>
      route.request().method() === "PATCH" ? route.abort("internetdisconnected") : route.continue(),
    )
    await ann.composer.press("Enter")
    await ann.page.locator(".composer-refused").waitFor()
    expect(await ann.composer.inputValue()).toBe("Changed too late")
    await ann.page.unroute("**/messages/*")
    await ann.composer.press("Enter")
    await boris.sees("Changed too late")
    await leaving(ann, boris)
  })

  it("can be taken along by who is removed from the group, also while looking at another one", async () => {
    const boris = await Person.signUp(server.url, "boris")
    const ann = await Visitor.signUp(browser, server.url, "ann")
    const [seen, other] = [await boris.group("Soon smaller", ann.person), await boris.group("Elsewhere", ann.person)]
    await ann.person.ok("POST", `/chats/${other}/messages`, { text: "To be edited" })
    await ann.openChat("Elsewhere")
    await ann.act("To be edited", "Edit")
    await ann.composer.fill("Half an edit")
    await ann.openChat("Soon smaller")
    await ann.composer.fill("Important words")
    const dialog = ann.page.getByRole("dialog", { name: "Not sent" })
    for (const [chat, text] of [
      [other, "Half an edit"],
      [seen, "Important words"],
    ] as const) {
      await boris.ok("DELETE", `/chats/${chat}/members/${ann.person.id}`)
      await dialog.waitFor()
      expect(await dialog.getByRole("textbox").inputValue()).toBe(text)
      expect(await axe(ann.page)).toEqual([])
      await dialog.getByRole("button", { name: "Copy the text" }).click()
      // Over the window, not under it.
      await dialog.getByText("Copied").waitFor()
      await ann.page.keyboard.press("Escape")
      await dialog.waitFor({ state: "detached" })
    }
    await ann.page.getByText("Choose a chat").waitFor()
    await leaving(ann)
  }, 60_000)

  it("can be taken along by who is removed while the page is closed", async () => {
    const boris = await Person.signUp(server.url, "boris")
    const ann = await Visitor.signUp(browser, server.url, "ann")
    const [drafted, edited] = [await boris.group("Drafted", ann.person), await boris.group("Edited", ann.person)]
    await ann.person.ok("POST", `/chats/${edited}/messages`, { text: "To be edited" })
    await ann.openChat("Edited")
    await ann.act("To be edited", "Edit")
    await ann.composer.fill("Half an edit")
    await ann.openChat("Drafted")
    await ann.composer.fill("Important words")
    await ann.page.locator(".chat-row", { hasText: "Drafted" }).waitFor()
    await ann.openChat("Edited")
    await ann.page.locator(".chat-row", { hasText: "Important words" }).waitFor()
    await expect
      .poll(() =>
        ann.page.evaluate(
          () =>
            new Promise((resolve) => {
              const request = indexedDB.open("confab")
              request.onsuccess = () => {
                const all = request.result.transaction("drafts").objectStore("drafts").getAll()
                all.onsuccess = () => resolve(all.result.map(({ text }: { text: string }) => text))
              }
            }),
        ),
      )
      .toContain("Important words")
    await ann.page.goto("about:blank")
    for (const chat of [drafted, edited]) await boris.ok("DELETE", `/chats/${chat}/members/${ann.person.id}`)
    await ann.page.goto("/messenger")
    const dialog = ann.page.getByRole("dialog", { name: "Not sent" })
    const offered = new Set<string>()
    for (let i = 0; i < 2; i++) {
      await dialog.waitFor()
      offered.add(await dialog.getByRole("textbox").inputValue())
      await ann.page.keyboard.press("Escape")
      if (i === 0) await expect.poll(() => dialog.getByRole("textbox").inputValue()).not.toBe([...offered][0])
      else await closed(dialog)
    }
    expect(offered).toEqual(new Set(["Important words", "Half an edit"]))
    // Once offered, it is gone.
    await ann.page.reload()
    await ann.page.getByText("No chats yet").waitFor()
    expect(
      await ann.page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("unfinished"))),
    ).toEqual([])
    await leaving(ann)
  }, 60_000)

  it("stays with its reason, to be sent again or discarded, when the server refuses a message", async () => {
    const { ann, boris } = await talking()
    let refuses = true
    await ann.page.routeWebSocket(/\/ws/, (page) => {
      const far = page.connectToServer()
      page.onMessage((text) => {
        const { ref, type } = JSON.parse(String(text))
        if (refuses && type === "message") {
          page.send(JSON.stringify({ type: "error", ref, code: "forbidden", message: "No." }))
        } else far.send(text)
      })
    })
    await ann.page.reload()
    await ann.page.locator(".messages").waitFor()
    for (const text of ["Send me again", "Forget me"]) await ann.write(text)
    await ann.message("Forget me").getByText("You may not write here.").waitFor()
    expect(await axe(ann.page)).toEqual([])
    await ann.message("Forget me").getByRole("button", { name: "Discard" }).click()
    await ann.message("Forget me").waitFor({ state: "detached" })
    refuses = false
    await ann.message("Send me again").getByRole("button", { name: "Send again" }).click()
    await boris.sees("Send me again")
    expect(await boris.page.locator(".line").count()).toBe(1)
    await leaving(ann, boris)
  })

  it("is sent without the white space at its ends", async () => {
    const { ann, boris } = await talking()
    await ann.write("  \n inner  space \n\n ")
    await boris.page.locator(".bubble-text").waitFor()
    expect(await boris.page.locator(".bubble-text").textContent()).toBe("inner  space")
    await leaving(ann, boris)
  })
})

describe("links to places", () => {
  it("lead to a chat and to a message in it, through signing in as well", async () => {
    const { ann, boris, chatId } = await facing()
    await said(boris, chatId, 300)
    await ann.page.goto(`/messenger/c/${chatId}/120`)
    await ann.page.locator(".line-highlighted", { hasText: "Number 120" }).waitFor()
    expect(await ann.message("Number 120").isVisible()).toBe(true)
    const { page } = await openPage(browser, server.url)
    await page.goto(`/messenger/c/${chatId}/7`)
    await page.waitForURL(`**/login?to=*`)
    await page.getByLabel("User name or e-mail").fill(ann.person.username)
    await page.getByRole("textbox", { name: "Password" }).fill(ann.person.password)
    await page.keyboard.press("Enter")
    await page.waitForURL(`**/messenger/c/${chatId}/7`)
    await page.locator(".line-highlighted", { hasText: "Number 7" }).waitFor()
    await page.context().close()
    await ann.page.goto(`/messenger/c/${chatId + 1_000_000}`)
    await ann.page.getByText("This chat is not available").waitFor()
    await ann.page.waitForURL("**/messenger")
    await leaving(ann)
  })

  it("of quotes have their text whatever is loaded, lead there in three requests at most, and back", async () => {
    const { ann, boris, chatId } = await facing()
    const ids = await said(boris, chatId, 400)
    await boris.http("POST", `/chats/${chatId}/messages`, { text: "About the fifth", reply_to: ids[5] })
    await ann.page.reload()
    await ann.page.locator(".messages").waitFor()
    const jump = ann.page.getByRole("button", { name: /^Jump to the newest/ })
    const isThere = async () => {
      // At once, or not at all: it disappears when the end is there.
      await jump.evaluateAll((buttons) => {
        for (const button of buttons) (button as HTMLElement).click()
      })
      return ann.message("About the fifth").isVisible()
    }
    await expect.poll(isThere).toBe(true)
    const quote = ann.message("About the fifth").locator(".quote")
    await quote.getByText("Number 5", { exact: true }).waitFor()
    const requests: Array<string> = []
    ann.page.on("request", (request) => requests.push(new URL(request.url()).pathname))
    await quote.click()
    await ann.page.locator(".line-highlighted", { hasText: "Number 5" }).waitFor()
    expect(requests.filter((path) => path.startsWith("/chats") || path.startsWith("/messages")).length).toBeLessThan(4)
    await ann.page.getByRole("button", { name: "Back to where you were" }).click()
    await ann.sees("About the fifth")
    await leaving(ann)
  })

  it("keep the place in each chat, and Back leads to the chat before", async () => {
    const { ann, boris, chatId } = await facing()
    const carla = await Person.signUp(server.url, "carla")
    await ann.person.privateChat(carla)
    await said(boris, chatId, 300)
    await ann.page.goto(`/messenger/c/${chatId}/100`)
    await ann.page.locator(".line-highlighted", { hasText: "Number 100" }).waitFor()
    /** The first message in view, once it is the same in two frames: the rows there are measured then. */
    const top = () =>
      ann.page.evaluate(async () => {
        const first = () => {
          const box = document.querySelector(".messages")!.getBoundingClientRect()
          const lines = [...document.querySelectorAll(".line")]
          const line = lines.find((one) => one.getBoundingClientRect().bottom > box.top)
          return line?.querySelector(".bubble-text")?.textContent
        }
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
        for (let before = first(); ; ) {
          await frame()
          await frame()
          const now = first()
          if (now === before) return now
          before = now
        }
      })
    await ann.page.locator(".messages").evaluate((box) => box.scrollBy(0, 900))
    await expect.poll(top).not.toBe(undefined)
    const before = await top()
    await ann.openChat(carla.username)
    await ann.page.goBack()
    await ann.page.waitForURL(`**/messenger/c/${chatId}/100`)
    await expect.poll(top).toBe(before)
    await leaving(ann)
  })

  it("that lead nowhere show a page to a browser, and a problem to a program", async () => {
    const { page, complaints } = await openPage(browser, server.url)
    const answer = await page.goto("/nothing/here")
    expect(answer?.status()).toBe(404)
    await page.getByText("There is nothing at this address.").waitFor()
    expect(await axe(page)).toEqual([])
    expect((await page.goto("/messenger/c/none"))?.status()).toBe(404)
    const program = await fetch(`${server.url}/nothing/here`)
    expect(program.headers.get("content-type")).toBe("application/problem+json")
    expect(complaints).toEqual([])
    await page.context().close()
  })
})

describe("a window without the focus", () => {
  it("marks nothing as read, and notifies of messages once a chat until it is read", async () => {
    const { ann, boris, chatId } = await talking({ serviceWorkers: "allow" })
    // A browser without a head has no notifications: the worker's are kept here, by their tags as a browser does.
    await ann.page.addInitScript(() => {
      Object.defineProperty(Notification, "permission", { get: () => "granted" })
      const shown = new Map<string, { tag: string; body: string; data: unknown; close: () => void }>()
      Object.assign(ServiceWorkerRegistration.prototype, {
        async showNotification(_: string, { body = "", data, tag = "" }: NotificationOptions) {
          shown.set(tag, { tag, body, data, close: () => shown.delete(tag) })
        },
        getNotifications: async ({ tag }: GetNotificationOptions = {}) =>
          [...shown.values()].filter((one) => tag === undefined || one.tag === tag),
      })
      localStorage.setItem("confab.settings", JSON.stringify({ sound: false, notifications: true }))
    })
    await ann.page.reload()
    await ann.openChat(boris.person.username)
    await ann.page.evaluate(() => {
      document.hasFocus = () => false
      window.dispatchEvent(new Event("blur"))
    })
    const notifications = () =>
      ann.page.evaluate(async () => {
        const worker = await navigator.serviceWorker.getRegistration()
        return ((await worker?.getNotifications()) ?? []).map(({ body, tag }) => [body, tag])
      })
    await boris.write("Look here")
    await expect.poll(notifications, { timeout: 15_000 }).toEqual([["Look here", `confab-${chatId}`]])
    await boris.write("And here")
    await expect.poll(notifications, { timeout: 15_000 }).toEqual([["And here", `confab-${chatId}`]])
    expect(await boris.message("Look here").locator(".status-read").count()).toBe(0)
    const { items } = await boris.person.ok("GET", `/chats/${chatId}/messages?limit=1`)
    await boris.person.ok("DELETE", `/messages/${items[0].id}`)
    await expect.poll(notifications, { timeout: 15_000 }).toEqual([])
    await boris.write("Here again")
    await expect.poll(notifications, { timeout: 15_000 }).toEqual([["Here again", `confab-${chatId}`]])
    await ann.page.evaluate(() => {
      Reflect.deleteProperty(document, "hasFocus")
      window.dispatchEvent(new Event("focus"))
    })
    await boris.message("Here again").locator(".status-read").waitFor()
    await expect.poll(notifications, { timeout: 15_000 }).toEqual([])
    await leaving(ann, boris)
  })

  it("is offered notifications once, after the first message sent", async () => {
    const { ann, boris } = await talking()
    // A browser without a head has refused already.
    await ann.page.addInitScript(() => Object.defineProperty(Notification, "permission", { get: () => "default" }))
    await ann.page.reload()
    await ann.page.locator(".messages").waitFor()
    const offer = ann.page.getByRole("button", { name: "Turn on notifications" })
    expect(await offer.count()).toBe(0)
    await ann.write("My first")
    await offer.waitFor()
    // It covers nothing.
    const [above, head] = [
      await ann.page.locator(".offer").boundingBox(),
      await ann.page.locator(".head").boundingBox(),
    ]
    expect((above?.y ?? 0) + (above?.height ?? 0)).toBeLessThanOrEqual(head?.y ?? 0)
    expect(await axe(ann.page)).toEqual([])
    await ann.page.getByRole("button", { name: "Not now" }).click()
    await ann.page.reload()
    await ann.page.locator(".messages").waitFor()
    await ann.write("My second")
    await boris.sees("My second")
    expect(await offer.count()).toBe(0)
    await leaving(ann, boris)
  })
})

describe("searching", () => {
  it("finds words anywhere in a name, whatever accents, and leaves the list whole", async () => {
    const ann = await Visitor.signUp(browser, server.url, "ann")
    const names = ["Team Élodie", "Ёлкин и друзья", "İstanbul gezisi"]
    for (const name of names) await ann.person.http("POST", "/chats", { type: "group", name, member_ids: [] })
    await ann.page.locator("a.chat-row").nth(2).waitFor()
    for (const [query, name] of [
      ["elodie", "Team Élodie"],
      ["елкин", "Ёлкин и друзья"],
      ["istanbul", "İstanbul gezisi"],
    ] as const) {
      // By the place of the key where the keyboard has no F.
      const key = /[a-z]/.test(query) ? "f" : "а"
      await ann.page.evaluate((key) => {
        const modifiers = { ctrlKey: true, shiftKey: true }
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key, code: "KeyF", ...modifiers, bubbles: true }))
      }, key)
      await ann.page.keyboard.type(query)
      await expect.poll(() => ann.page.locator("a.chat-row").count()).toBe(1)
      await ann.page.keyboard.press("Enter")
      await ann.page.getByRole("region", { name: `Conversation with ${name}` }).waitFor()
      await expect.poll(() => ann.page.locator("a.chat-row").count()).toBe(3)
    }
    await leaving(ann)
  })
})
