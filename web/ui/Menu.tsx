// A context menu at a position on the screen: arrow keys move, Enter selects, Escape and a click elsewhere close.
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef } from "react"
import { createPortal } from "react-dom"
import { openLayer } from "../pages/layers.ts"
import { Icon, type IconName } from "./Icon.tsx"

export interface MenuItem {
  readonly label: string
  readonly icon?: IconName
  readonly danger?: boolean
  /** One of several of which one is chosen. */
  readonly checked?: boolean
  /** It leads to another menu at the same place. */
  readonly stays?: boolean
  readonly act: () => void
}

export interface MenuPlace {
  readonly x: number
  readonly y: number
  /** The corner of the menu at this position. */
  readonly align: "start" | "end"
}

/** Below a button, aligned with its edge. */
export const below = (element: Element, align: "start" | "end" = "end"): MenuPlace => {
  const box = element.getBoundingClientRect()
  return { x: align === "end" ? box.right : box.left, y: box.bottom + 4, align }
}

const roleOf = ({ checked }: MenuItem) =>
  checked === undefined ? { role: "menuitem" } : { role: "menuitemradio", "aria-checked": checked }

/** Moves a fixed element to this place, inside of the screen. */
export const placeAt = (element: HTMLElement, place: MenuPlace): void => {
  const box = element.getBoundingClientRect()
  const left = place.align === "end" ? place.x - box.width : place.x
  const flips = place.y + box.height > innerHeight - 8
  element.style.left = `${Math.max(8, Math.min(left, innerWidth - box.width - 8))}px`
  element.style.top = `${Math.max(8, flips ? Math.min(place.y - box.height - 8, innerHeight - box.height - 8) : place.y)}px`
}

export const Menu = ({
  label,
  items,
  head,
  place,
  onClose,
}: {
  label: string
  items: ReadonlyArray<MenuItem>
  /** Above the items: buttons of the role `menuitem`. */
  head?: ReactNode
  place: MenuPlace
  onClose: () => void
}) => {
  const ref = useRef<HTMLDivElement>(null)
  const close = useRef(onClose)
  close.current = onClose

  useLayoutEffect(() => {
    if (ref.current !== null) placeAt(ref.current, place)
  }, [place])

  useLayoutEffect(() => openLayer(() => close.current()), [])
  useEffect(() => {
    const before = document.activeElement
    ref.current?.querySelector<HTMLElement>(".menu-item")?.focus({ preventScroll: true })
    const outside = (event: Event) => {
      if (event.target instanceof Node && ref.current?.contains(event.target)) return
      close.current()
    }
    const away = () => close.current()
    document.addEventListener("pointerdown", outside, true)
    window.addEventListener("resize", away)
    window.addEventListener("blur", away)
    return () => {
      document.removeEventListener("pointerdown", outside, true)
      window.removeEventListener("resize", away)
      window.removeEventListener("blur", away)
      const now = document.activeElement
      if (before instanceof HTMLElement && (now === null || now === document.body))
        before.focus({ preventScroll: true })
    }
  }, [])

  const onKeyDown = (event: KeyboardEvent) => {
    const all = [...(ref.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])]
    const at = all.indexOf(document.activeElement as HTMLElement)
    const to =
      event.key === "ArrowDown" || event.key === "ArrowRight"
        ? (at + 1) % all.length
        : event.key === "ArrowUp" || event.key === "ArrowLeft"
          ? (at - 1 + all.length) % all.length
          : event.key === "Home"
            ? 0
            : event.key === "End"
              ? all.length - 1
              : undefined
    if (to !== undefined) {
      event.preventDefault()
      // The list under it has arrow keys of its own.
      event.stopPropagation()
      all[to]?.focus()
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault()
      event.stopPropagation()
      onClose()
    }
  }

  // Inside an open <dialog>, since elsewhere the menu would be covered by it.
  const host = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.querySelector("main") ?? document.body
  return createPortal(
    <div ref={ref} role="menu" tabIndex={-1} aria-label={label} className="menu" onKeyDown={onKeyDown}>
      {head}
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          {...roleOf(item)}
          tabIndex={-1}
          className={item.danger ? "menu-item menu-item-danger" : "menu-item"}
          onClick={() => {
            if (item.stays !== true) onClose()
            item.act()
          }}
        >
          {item.icon !== undefined && <Icon name={item.icon} size={20} />}
          <span className="menu-label">{item.label}</span>
          {item.stays === true && <Icon name="next" size={16} className="menu-next" />}
          {item.checked === true && <Icon name="check" size={18} />}
        </button>
      ))}
    </div>,
    host,
  )
}
