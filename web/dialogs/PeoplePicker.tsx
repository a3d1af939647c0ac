// Searches for users, and selects one or several of them.
import { type KeyboardEvent, useRef, useState } from "react"
import type { UserId } from "../../src/domain/Ids.ts"
import type { User } from "../../src/domain/User.ts"
import { usePeople } from "../chat/usePeople.ts"
import { useDialogWords } from "../i18n/useDialogWords.ts"
import { useMe } from "../model/hooks.ts"
import { Avatar } from "../ui/Avatar.tsx"
import { Icon } from "../ui/Icon.tsx"
import { PersonLine } from "./PersonLine.tsx"

const useResults = (query: string) => {
  const me = useMe()
  const people = usePeople(query, true)
  return { ...people, items: people.items.filter((user) => user.id !== me.id) }
}

const Nobody = ({ query }: { query: string }) => {
  const { people: words } = useDialogWords()
  return (
    <div className="people-none">
      <p>{query.trim() === "" ? words.searchHint : words.none}</p>
      <p>{words.alone}</p>
      <code>{`${location.origin}/register`}</code>
    </div>
  )
}

/** Arrow keys move from the field into the list: its elements have `data-stop`. */
export const onArrows = (event: KeyboardEvent<HTMLElement>) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-stop]")]
  const at = all.indexOf(document.activeElement as HTMLElement)
  const next = all[at + (event.key === "ArrowDown" ? 1 : -1)]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}

export const PickOne = ({ onPick }: { onPick: (user: User) => void }) => {
  const dialogs = useDialogWords()
  const [query, setQuery] = useState("")
  const { items, query: answered } = useResults(query)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move from the field into the list
    <div className="picker" onKeyDown={onArrows}>
      <input
        className="text-input"
        type="text"
        data-stop
        // biome-ignore lint/a11y/noAutofocus: a window opened to search in begins in its field
        autoFocus
        autoComplete="off"
        spellCheck={false}
        dir="auto"
        aria-label={dialogs.people.search}
        placeholder={dialogs.people.search}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          const first = items[0]
          if (event.key !== "Enter") return
          event.preventDefault()
          if (first !== undefined && answered !== null) onPick(first)
        }}
      />
      {answered !== null && items.length === 0 && <Nobody query={query} />}
      <ul className="people">
        {items.map((user) => (
          <li key={user.id}>
            <button type="button" className="person-button" data-stop onClick={() => onPick(user)}>
              <PersonLine user={user} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

export const PickMany = ({
  chosen,
  onChange,
  without,
  autoFocus = false,
}: {
  chosen: ReadonlyArray<User>
  onChange: (users: ReadonlyArray<User>) => void
  /** Users that cannot be selected, since they are members already. */
  without?: ReadonlySet<UserId>
  autoFocus?: boolean
}) => {
  const dialogs = useDialogWords()
  const [query, setQuery] = useState("")
  const { items, query: answered } = useResults(query)
  const field = useRef<HTMLInputElement>(null)
  const toggle = (user: User) => {
    onChange(chosen.some(({ id }) => id === user.id) ? chosen.filter(({ id }) => id !== user.id) : [...chosen, user])
    if (query !== "") {
      setQuery("")
      field.current?.focus()
    }
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move from the field into the list
    <div className="picker" onKeyDown={onArrows}>
      {chosen.length > 0 && (
        <ul className="picked" aria-label={dialogs.people.chosen(chosen.length)}>
          {chosen.map((user) => (
            <li key={user.id}>
              <button
                type="button"
                className="picked-one"
                aria-label={dialogs.people.remove(user.display_name)}
                onClick={() => toggle(user)}
              >
                <Avatar id={user.id} name={user.display_name} picture={user.avatar} size="s" />
                <span dir="auto">{user.display_name}</span>
                <Icon name="close" size={14} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        ref={field}
        className="text-input"
        type="text"
        data-stop
        // biome-ignore lint/a11y/noAutofocus: a window opened to search in begins in its field
        autoFocus={autoFocus}
        autoComplete="off"
        spellCheck={false}
        dir="auto"
        aria-label={dialogs.people.search}
        placeholder={dialogs.people.search}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          const first = items.find(({ id }) => without?.has(id) !== true)
          if (event.key === "Enter") {
            event.preventDefault()
            if (query.trim() !== "" && first !== undefined) toggle(first)
          } else if (event.key === "Backspace" && query === "") onChange(chosen.slice(0, -1))
        }}
      />
      {answered !== null && items.length === 0 && <Nobody query={query} />}
      <ul className="people">
        {items.map((user) => {
          const isIn = without?.has(user.id) === true
          return (
            <li key={user.id}>
              <label className={isIn ? "person-button person-in" : "person-button"}>
                <PersonLine user={user} note={isIn ? dialogs.people.inIt : undefined}>
                  <input
                    type="checkbox"
                    data-stop
                    disabled={isIn}
                    checked={isIn || chosen.some(({ id }) => id === user.id)}
                    onChange={() => toggle(user)}
                  />
                </PersonLine>
              </label>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
