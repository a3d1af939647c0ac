// A search field above a list: arrow keys move from the field into the list.
import type { KeyboardEvent, ReactNode, Ref } from "react"

/** The elements in the list that the arrow keys reach have `data-stop`. */
const onArrows = (event: KeyboardEvent<HTMLElement>) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-stop]")]
  const at = all.indexOf(document.activeElement as HTMLElement)
  const next = all[at + (event.key === "ArrowDown" ? 1 : -1)]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}

export const SearchPicker = ({
  ref,
  label,
  query,
  onQuery,
  onEnter,
  onBackspace,
  autoFocus = true,
  above,
  children,
}: {
  ref?: Ref<HTMLInputElement>
  label: string
  query: string
  onQuery: (query: string) => void
  /** Takes the first of the list. */
  onEnter: () => void
  /** In an empty field. */
  onBackspace?: () => void
  /** A window opened to search in begins in its field. */
  autoFocus?: boolean
  above?: ReactNode
  children: ReactNode
}) => (
  // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move from the field into the list
  <div className="picker" onKeyDown={onArrows}>
    {above}
    <input
      ref={ref}
      className="text-input"
      type="text"
      data-stop
      // biome-ignore lint/a11y/noAutofocus: a window opened to search in begins in its field
      autoFocus={autoFocus}
      autoComplete="off"
      spellCheck={false}
      dir="auto"
      aria-label={label}
      placeholder={label}
      value={query}
      onChange={(event) => onQuery(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          event.preventDefault()
          onEnter()
        } else if (event.key === "Backspace" && query === "") onBackspace?.()
      }}
    />
    {children}
  </div>
)
