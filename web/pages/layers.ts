// The layers over the page (windows, menus), which Back closes first. Each open layer is an entry in the browser's
// history at the same address. Does not own the addresses: see address.ts.

const open: Array<() => void> = []
let settling: ReturnType<typeof setTimeout> | undefined
/** The browser is going back from an entry whose layer has closed. A layer that opens at that time uses this entry. */
let isGoing = false

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
    if (here <= open.length) return
    isGoing = true
    history.go(open.length - here)
  })
}

/** From now on Back calls `close`. Returns a function to call when the layer has closed. */
export const openLayer = (close: () => void): (() => void) => {
  open.push(close)
  if (layersHere() < open.length) history.pushState({ ...history.state, layers: open.length }, "")
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
