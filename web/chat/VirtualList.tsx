// A list with only the rows near the screen in the document. Rows have any height; the visible rows stay in place when
// rows above them change, and a view at the end stays at the end.
import {
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react"
import { Heights } from "./Heights.ts"

export interface VirtualListHandle {
  scrollToEnd(smooth?: boolean): void
  /** Shows the row, aligned by `align`. False when there is no such row. */
  scrollToKey(key: string, align: "start" | "center"): boolean
  isAtEnd(): boolean
  /** undefined: at the end. */
  position(): ListPosition | undefined
  /** Restores a `position`. False when its row no longer exists. */
  restore(position: ListPosition): boolean
  readonly element: HTMLElement | null
}

export interface ListPosition {
  readonly key: string
  readonly offset: number
}

const overscan = 500
const endTolerance = 24
/** The distance from an end at which more rows are requested. */
const nearness = 1_200

export const VirtualList = <Row extends { readonly key: string }>({
  ref,
  rows,
  render,
  estimate,
  initial,
  onLeave,
  follow,
  drifts,
  onNearStart,
  onNearEnd,
  onAtEndChange,
  label,
  className,
}: {
  ref?: Ref<VirtualListHandle>
  rows: ReadonlyArray<Row>
  render: (row: Row) => ReactNode
  estimate: (key: string) => number
  /** The initial position: a row, and its distance from the top in pixels; the end when absent. */
  initial?: ListPosition | undefined
  /** The position at which the list was left, in the same terms. */
  onLeave?: (position: ListPosition | undefined) => void
  /** Whether the last row is the very end, where the view stays when rows arrive. */
  follow: boolean
  /** Rows that do not stay with their neighbours as others arrive: the view is never anchored to them. */
  drifts: (key: string) => boolean
  onNearStart?: () => void
  onNearEnd?: () => void
  onAtEndChange?: (atEnd: boolean) => void
  label: string
  className?: string
}) => {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const [heights] = useState(() => new Heights(estimate))
  const atEnd = useRef(initial === undefined)
  const toldAtEnd = useRef(atEnd.current)
  const anchor = useRef<ListPosition | undefined>(initial)
  const [, redraw] = useState(0)
  const view = useRef({ top: 0, height: 800, width: 0 })
  const callbacks = useRef({ follow, onNearStart, onNearEnd, onAtEndChange, onLeave })
  callbacks.current = { follow, onNearStart, onNearEnd, onAtEndChange, onLeave }
  /** A requested position is to be shown by the next layout. */
  const asked = useRef(false)

  /**
   * A measured row below such a row stays when more arrive above it; a row that drifts, or one after such a row, may
   * not.
   */
  const holds = useRef((_: number): boolean => true)
  holds.current = (index) => {
    const key = heights.keyAt(index)
    const above = heights.keyAt(index - 1)
    return key !== undefined && !drifts(key) && (above === undefined || !drifts(above)) && heights.isMeasured(key)
  }

  const anchorHere = useCallback(() => {
    const { top, height } = view.current
    atEnd.current = callbacks.current.follow && top >= heights.total - height - endTolerance
    const first = heights.at(top + 1)
    let index = first
    while (!holds.current(index) && index < heights.count && heights.top(index) < top + height) index++
    if (!holds.current(index)) index = first
    const key = heights.keyAt(index)
    anchor.current = key === undefined ? undefined : { key, offset: heights.top(index) - top }
  }, [heights])

  // The user may have scrolled since the last scroll event: that counts before rows or sizes change. A movement by the
  // browser itself, because the end came nearer, is not scrolling.
  const noticeScroll = useCallback(() => {
    const box = scroller.current
    if (box === null || asked.current || Math.abs(box.scrollTop - view.current.top) < 1) return
    view.current.top = box.scrollTop
    if (atEnd.current && box.scrollTop + box.clientHeight >= box.scrollHeight - 1) return
    view.current.height = box.clientHeight
    anchorHere()
  }, [anchorHere])
  noticeScroll()
  heights.setRows(rows)

  // The position of the view once this render is laid out.
  const aim = (): number => {
    const end = Math.max(0, heights.total - view.current.height)
    if (atEnd.current) return end
    if (anchor.current !== undefined) {
      const index = heights.indexOf(anchor.current.key)
      if (index !== undefined) return Math.max(0, Math.min(end, heights.top(index) - anchor.current.offset))
    }
    return Math.min(view.current.top, end)
  }
  const range = (top: number) => ({
    first: heights.at(Math.max(0, top - overscan)),
    last: Math.min(heights.count - 1, heights.at(top + view.current.height + overscan)),
  })
  const drawn = range(aim())
  const drawnRef = useRef(drawn)
  drawnRef.current = drawn

  const remember = useCallback(() => {
    anchorHere()
    const { top, height } = view.current
    if (atEnd.current !== toldAtEnd.current) {
      toldAtEnd.current = atEnd.current
      callbacks.current.onAtEndChange?.(atEnd.current)
    }
    if (top < nearness) callbacks.current.onNearStart?.()
    if (top > heights.total - height - nearness) callbacks.current.onNearEnd?.()
  }, [anchorHere, heights])

  // After every render: measures the rows, then corrects the spacers and the scroll position before the browser paints.
  // biome-ignore lint/correctness/useExhaustiveDependencies: aim and range read refs and heights alone, whichever render they come from
  const settle = useCallback(() => {
    const box = scroller.current
    const inner = content.current
    if (box === null || inner === null) return
    const { clientHeight, clientWidth } = box
    // In another width every text wraps differently.
    if (view.current.width !== clientWidth && view.current.width !== 0) heights.forget()
    view.current.height = clientHeight
    view.current.width = clientWidth
    for (const child of inner.children) {
      const key = child instanceof HTMLElement ? child.dataset.key : undefined
      if (key !== undefined) heights.measure(key, child.getBoundingClientRect().height)
    }
    const { first, last } = drawnRef.current
    inner.style.paddingTop = `${heights.top(first)}px`
    inner.style.paddingBottom = `${Math.max(0, heights.total - heights.top(last + 1))}px`
    const target = aim()
    if (Math.abs(box.scrollTop - target) >= 1) box.scrollTop = target
    view.current.top = box.scrollTop
    asked.current = false
    const wanted = range(target)
    if (wanted.first < first || wanted.last > last) redraw((n) => n + 1)
  }, [heights])
  useLayoutEffect(settle)
  useLayoutEffect(() => () => callbacks.current.onLeave?.(atEnd.current ? undefined : anchor.current), [])

  useLayoutEffect(() => {
    const box = scroller.current
    const inner = content.current
    if (box === null || inner === null) return
    const observer = new ResizeObserver(() => {
      noticeScroll()
      settle()
    })
    observer.observe(box)
    observer.observe(inner)
    return () => observer.disconnect()
  }, [noticeScroll, settle])

  // A list that does not fill the view has nothing to scroll, yet more rows may be available.
  // biome-ignore lint/correctness/useExhaustiveDependencies: new rows are the occasion, not an input
  useEffect(() => {
    if (heights.count > 0) remember()
  }, [rows, heights, remember])

  const onScroll = () => {
    const box = scroller.current
    // A scroll that began before a position was requested must not replace it.
    if (box === null || asked.current) return
    view.current.top = box.scrollTop
    // It may have grown since the last layout: the browser scrolls by itself then.
    view.current.height = box.clientHeight
    remember()
    const wanted = range(box.scrollTop)
    const { first, last } = drawnRef.current
    const slack = overscan / 2
    if (
      heights.top(first) > Math.max(0, box.scrollTop - slack) ||
      (last < heights.count - 1 && heights.top(last + 1) < box.scrollTop + view.current.height + slack) ||
      wanted.last - wanted.first + 40 < last - first
    ) {
      redraw((n) => n + 1)
    }
  }

  const show = useCallback(
    (position: ListPosition) => {
      if (heights.indexOf(position.key) === undefined) return false
      asked.current = true
      atEnd.current = false
      toldAtEnd.current = false
      callbacks.current.onAtEndChange?.(false)
      anchor.current = position
      redraw((n) => n + 1)
      return true
    },
    [heights],
  )

  useImperativeHandle(
    ref,
    () => ({
      scrollToEnd(smooth = false) {
        const box = scroller.current
        if (box === null) return
        const far = heights.total - view.current.top > 4 * view.current.height
        if (smooth && !far && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
          box.scrollTo({ top: box.scrollHeight, behavior: "smooth" })
          return
        }
        asked.current = true
        atEnd.current = true
        toldAtEnd.current = true
        callbacks.current.onAtEndChange?.(true)
        redraw((n) => n + 1)
      },
      scrollToKey: (key, align) => show({ key, offset: align === "start" ? 80 : view.current.height / 3 }),
      restore: (position) => show(position),
      position: () => (atEnd.current ? undefined : anchor.current),
      isAtEnd: () => atEnd.current,
      get element() {
        return scroller.current
      },
    }),
    [heights, show],
  )

  const shown: Array<ReactNode> = []
  for (let i = drawn.first; i <= drawn.last; i++) {
    const row = rows[i]
    if (row !== undefined) {
      shown.push(
        <div key={row.key} data-key={row.key} className="virtual-row">
          {render(row)}
        </div>,
      )
    }
  }
  return (
    <div
      ref={scroller}
      className={className}
      onScroll={onScroll}
      role="log"
      aria-live="off"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region has to be reachable by keyboard
      tabIndex={0}
    >
      <div ref={content} className="virtual-content">
        {shown}
      </div>
    </div>
  )
}
