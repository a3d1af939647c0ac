// Zooms and moves a picture by wheel, fingers, mouse and double click.
import { type PointerEvent, type RefObject, useCallback, useEffect, useRef, useState } from "react"
import { fitted, moved, type Zoom, zoomed } from "./zoom.ts"

interface Point {
  readonly x: number
  readonly y: number
}

const swipe = 60

export const useZoom = (
  view: RefObject<HTMLElement | null>,
  image: RefObject<HTMLElement | null>,
  onSwipe: (direction: "next" | "previous") => void,
) => {
  const [zoom, setZoom] = useState<Zoom>(fitted)
  const pointers = useRef(new Map<number, Point>())
  const start = useRef<Point>(undefined)
  const sizes = useCallback(() => {
    const [box, picture] = [view.current, image.current]
    const sizeOf = (element: HTMLElement | null) => ({
      width: element?.offsetWidth ?? 0,
      height: element?.offsetHeight ?? 0,
    })
    return { view: sizeOf(box), shown: sizeOf(picture) }
  }, [view, image])
  const middle = useCallback(
    ({ x, y }: Point): Point => {
      const box = view.current?.getBoundingClientRect()
      return box === undefined ? { x: 0, y: 0 } : { x: x - box.left - box.width / 2, y: y - box.top - box.height / 2 }
    },
    [view],
  )
  const zoomBy = useCallback(
    (factor: number, at: Point = { x: 0, y: 0 }) =>
      setZoom((now) => {
        const { shown, view } = sizes()
        return zoomed(now, factor, at, shown, view)
      }),
    [sizes],
  )
  const reset = useCallback(() => setZoom(fitted), [])

  // React listens passively to the wheel, and could not keep the page from scrolling.
  useEffect(() => {
    const box = view.current
    if (box === null) return
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      zoomBy(Math.exp(-event.deltaY / 400), middle({ x: event.clientX, y: event.clientY }))
    }
    box.addEventListener("wheel", onWheel, { passive: false })
    return () => box.removeEventListener("wheel", onWheel)
  }, [view, zoomBy, middle])

  const down = (event: PointerEvent) => {
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY })
    start.current = pointers.current.size === 1 ? { x: event.clientX, y: event.clientY } : undefined
    if (event.currentTarget instanceof Element) event.currentTarget.setPointerCapture(event.pointerId)
  }
  const move = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId)
    if (before === undefined) return
    const now = { x: event.clientX, y: event.clientY }
    const [other] = [...pointers.current].filter(([id]) => id !== event.pointerId)
    pointers.current.set(event.pointerId, now)
    if (other !== undefined) {
      const fixed = other[1]
      const distance = (a: Point) => Math.max(1, Math.hypot(a.x - fixed.x, a.y - fixed.y))
      const between = middle({ x: (now.x + fixed.x) / 2, y: (now.y + fixed.y) / 2 })
      zoomBy(distance(now) / distance(before), between)
      return
    }
    const { shown, view } = sizes()
    setZoom((from) => moved(from, now.x - before.x, now.y - before.y, shown, view))
  }
  const up = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId)
    const from = start.current
    start.current = undefined
    if (from === undefined || zoom.scale > 1 || event.pointerType === "mouse") return
    const dx = event.clientX - from.x
    if (Math.abs(dx) < swipe || Math.abs(event.clientY - from.y) > Math.abs(dx)) return
    onSwipe(dx < 0 ? "next" : "previous")
  }
  return {
    zoom,
    zoomBy,
    reset,
    handlers: { onPointerDown: down, onPointerMove: move, onPointerUp: up, onPointerCancel: up },
    toggleAt: (at: Point) => (zoom.scale > 1 ? reset() : zoomBy(2.5, middle(at))),
  }
}
