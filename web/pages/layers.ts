// What is open over the page (windows, menus) and closes first when one goes back. Each open layer is an entry in the browser's
// history at the same address. Does not own the addresses: see address.ts.

const open: Array<() => void> = []
let settling: ReturnType<typeof setTimeout> | undefined
/** The browser is on its way back from an entry whose layer has closed. What opens meanwhile takes it for its own. */
let isGoing = false

/** How many layers the entry that the browser is at stands for. */
export const layersHere = (): number => {
  const layers: unknown = history.state?.layers
  return typeof layers === "number" ? layers : 0
}

// Later: a window that closes while another one opens leaves its entry to that one, and one that closes because one goes on to a
// chat has given its entry to the chat.
const settle = () => {
  clearTimeout(settling)
  settling = setTimeout(() => {
    const here = layersHere()
    if (here <= open.length) return
    isGoing = true
    history.go(open.length - here)
  })
}

/** From now on going back calls `close` instead. Gives back what is to be called when it has closed. */
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
// A reload closes what was open.
settle()
