// The layers over the page (windows, menus), which Back closes first. Each open layer is an entry in the browser's
// history at the same address. Does not own the addresses: see address.ts.

const open: Array<() => void> = []
let settling: ReturnType<typeof setTimeout> | undefined
/** The browser is going back. A layer that opens at that time has its entry once the browser is there. */
let isGoing = false
const waiting: Array<() => void> = []

/** How many layers the browser's current entry has. */
export const layersHere = (): number => {
  const layers: unknown = history.state?.layers
  return typeof layers === "number" ? layers : 0
}

// Deferred: a window that closes while another one opens leaves its entry to that one, and one that closes for a
// navigation to a chat has given its entry to the chat.
const settle = () => {
  clearTimeout(settling)
  settling = setTimeout(() => {
    const here = layersHere()
    if (here > open.length) goBack(here - open.length)
    else for (const navigate of waiting.splice(0)) navigate()
  })
}

/** The browser does so later: until it is there, `onceThere` waits. */
export const goBack = (entries = 1): void => {
  isGoing = true
  history.go(-entries)
}

/** Navigates now, or once the browser has gone back: it would go back from the new address otherwise. */
export const onceThere = (navigate: () => void): void => {
  if (isGoing || waiting.length > 0) waiting.push(navigate)
  else navigate()
}

/** From now on Back calls `close`. Returns a function to call when the layer has closed. */
export const openLayer = (close: () => void): (() => void) => {
  open.push(close)
  if (!isGoing && layersHere() < open.length) history.pushState({ ...history.state, layers: open.length }, "")
  return () => {
    const at = open.indexOf(close)
    if (at !== -1) open.splice(at, 1)
    settle()
  }
}

window.addEventListener("popstate", () => {
  if (isGoing) {
    isGoing = false
    if (layersHere() < open.length) history.pushState({ ...history.state, layers: open.length }, "")
    settle()
    return
  }
  while (open.length > layersHere()) open.pop()?.()
  settle()
})
// A reload closes all layers.
settle()
