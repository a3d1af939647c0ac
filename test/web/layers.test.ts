// What is open over the page, against a browser's history that takes its time.
import { afterAll, beforeAll, expect, it, vi } from "vitest"

interface Entry {
  readonly layers?: number
}

const entries: Array<Entry> = [{}]
let at = 0
let arrive = () => {}
let popped = () => {}

beforeAll(() => {
  vi.useFakeTimers()
  vi.stubGlobal("window", { addEventListener: (_: string, listener: () => void) => (popped = listener) })
  vi.stubGlobal("history", {
    get state() {
      return entries[at]
    },
    pushState: (state: Entry) => {
      entries.splice(at + 1, entries.length, state)
      at++
    },
    // As in browsers: the state is the former one until it has arrived.
    go: (by: number) => {
      arrive = () => {
        at += by
        popped()
      }
    },
  })
})

afterAll(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

it("keeps a window open that opens while the entry of the menu before it is being left, and Back closes it", async () => {
  const { layersHere, openLayer } = await import("../../web/pages/layers.ts")
  vi.runAllTimers()
  const menuClosed = openLayer(() => {})
  expect(layersHere()).toBe(1)
  menuClosed()
  vi.runAllTimers()
  let open = true
  const closed = openLayer(() => {
    open = false
  })
  arrive()
  expect([open, layersHere()]).toEqual([true, 1])
  at--
  popped()
  expect([open, layersHere()]).toEqual([false, 0])
  closed()
})

it("navigates once the browser has gone back from a window, and not at an entry that it leaves", async () => {
  const { onceThere, openLayer } = await import("../../web/pages/layers.ts")
  const from: Array<number> = []
  const navigate = () => void from.push(at)
  vi.runAllTimers()
  const closed = openLayer(() => {})
  closed()
  onceThere(navigate)
  vi.runAllTimers()
  onceThere(navigate)
  expect(from).toEqual([1])
  arrive()
  vi.runAllTimers()
  expect(from).toEqual([1, 0])
})

it("goes back once, however often it is asked before the browser is there, and a window that opens meanwhile stays", async () => {
  const { goBack, layersHere, onceThere, openLayer } = await import("../../web/pages/layers.ts")
  vi.runAllTimers()
  history.pushState({ chat: true }, "")
  const [chat, list] = [at, at - 1]
  const leave = () => {
    if (at === chat) goBack()
  }
  onceThere(leave)
  onceThere(leave)
  let open = true
  const closed = openLayer(() => {
    open = false
  })
  arrive()
  vi.runAllTimers()
  expect([open, layersHere(), at]).toEqual([true, 1, list + 1])
  closed()
  vi.runAllTimers()
  arrive()
  expect([at, layersHere()]).toEqual([list, 0])
})
