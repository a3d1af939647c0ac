// Searches for users, and selects one or several of them.
import { type ReactNode, useRef, useState } from "react"
import type { UserId } from "../../src/domain/Ids.ts"
import type { User } from "../../src/domain/User.ts"
import { at } from "../base.ts"
import { usePeople } from "../chat/usePeople.ts"
import { useDialogWords } from "../i18n/useDialogWords.ts"
import { useMe } from "../model/hooks.ts"
import { Avatar } from "../ui/Avatar.tsx"
import { Icon } from "../ui/Icon.tsx"
import { SearchPicker } from "../ui/SearchPicker.tsx"
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
      <code>{location.origin + at("/register")}</code>
    </div>
  )
}

/** What a search has found: each user on one line. */
const Found = ({
  results: { failure, items, query: answered },
  query,
  children,
}: {
  results: ReturnType<typeof useResults>
  query: string
  children: (user: User) => ReactNode
}) => (
  <>
    {failure !== undefined && (
      <p role="alert" className="people-none">
        {failure}
      </p>
    )}
    {answered !== null && items.length === 0 && <Nobody query={query} />}
    <ul className="people">
      {items.map((user) => (
        <li key={user.id}>{children(user)}</li>
      ))}
    </ul>
  </>
)

export const PickOne = ({ onPick }: { onPick: (user: User) => void }) => {
  const dialogs = useDialogWords()
  const [query, setQuery] = useState("")
  const results = useResults(query)
  return (
    <SearchPicker
      label={dialogs.people.search}
      query={query}
      onQuery={setQuery}
      onEnter={() => {
        const [first] = results.items
        if (first !== undefined && results.query !== null) onPick(first)
      }}
    >
      <Found results={results} query={query}>
        {(user) => (
          <button type="button" className="person-button" data-stop onClick={() => onPick(user)}>
            <PersonLine user={user} />
          </button>
        )}
      </Found>
    </SearchPicker>
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
  const results = useResults(query)
  const field = useRef<HTMLInputElement>(null)
  const toggle = (user: User) => {
    onChange(chosen.some(({ id }) => id === user.id) ? chosen.filter(({ id }) => id !== user.id) : [...chosen, user])
    if (query !== "") {
      setQuery("")
      field.current?.focus()
    }
  }
  return (
    <SearchPicker
      ref={field}
      label={dialogs.people.search}
      query={query}
      onQuery={setQuery}
      autoFocus={autoFocus}
      onEnter={() => {
        const first = results.items.find(({ id }) => without?.has(id) !== true)
        if (query.trim() !== "" && first !== undefined) toggle(first)
      }}
      onBackspace={() => onChange(chosen.slice(0, -1))}
      above={
        chosen.length > 0 && (
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
        )
      }
    >
      <Found results={results} query={query}>
        {(user) => {
          const isIn = without?.has(user.id) === true
          return (
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
          )
        }}
      </Found>
    </SearchPicker>
  )
}
