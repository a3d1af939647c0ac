// Opens a menu where a mouse has the right button: a long press of a finger. Browsers differ in whether they send a
// `contextmenu` event then, so it is timed here.
import { type MouseEvent, type PointerEvent, useEffect, useRef } from "react"
import { below, type MenuPlace } from "./Menu.tsx"

const pressMillis = 480
/** A finger that moves farther scrolls. */
const slack = 10

/** The handlers of an element that has a menu. A press that has opened the menu is no click. */
export const useMenuGestures = (open: (place: MenuPlace) => void) => {
  const press = useRef<{ readonly x: number; readonly y: number; readonly timer: ReturnType<typeof setTimeout> }>(
    undefined,
  )
  const opened = useRef(false)
  const end = () => {
    clearTimeout(press.current?.timer)
    press.current = undefined
  }
  useEffect(() => () => clearTimeout(press.current?.timer), [])
  return {
    onContextMenu: (event: MouseEvent) => {
      event.preventDefault()
      end()
      // A key has no position.
      const byKey = event.clientX === 0 && event.clientY === 0
      open(byKey ? below(event.currentTarget, "start") : { x: event.clientX, y: event.clientY, align: "start" })
    },
    onPointerDown: ({ clientX, clientY, pointerType }: PointerEvent) => {
      opened.current = false
      if (pointerType !== "touch") return
      const timer = setTimeout(() => {
        opened.current = true
        open({ x: clientX, y: clientY, align: "start" })
      }, pressMillis)
      press.current = { x: clientX, y: clientY, timer }
    },
    onPointerMove: ({ clientX, clientY }: PointerEvent) => {
      const { current } = press
      if (current !== undefined && Math.hypot(clientX - current.x, clientY - current.y) > slack) end()
    },
    onPointerUp: end,
    onPointerCancel: end,
    onClickCapture: (event: MouseEvent) => {
      if (!opened.current) return
      opened.current = false
      event.preventDefault()
      event.stopPropagation()
    },
  }
}
