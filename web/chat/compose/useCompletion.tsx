// Suggestions while a name or an emoji is written in the composer: arrow keys choose, Enter and Tab take, Escape closes.
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useId, useMemo, useState } from "react"
import type { ChatView } from "../../../src/client/state/ChatState.ts"
import { isDeletedAccount } from "../../../src/domain/deletedAccount.ts"
import { everyone } from "../../../src/domain/mentions.ts"
import type { User } from "../../../src/domain/User.ts"
import { useTextWords } from "../../i18n/useTextWords.ts"
import { useChatState, useConversation, useMe } from "../../model/hooks.ts"
import { useSettings } from "../../settings.ts"
import { Avatar } from "../../ui/Avatar.tsx"
import { Icon } from "../../ui/Icon.tsx"
import { loadEmoji } from "../reactions/emojiData.ts"
import { type FoundEmoji, findEmoji } from "../reactions/findEmoji.ts"
import { keepRecent, recentEmoji } from "../reactions/quickEmoji.ts"
import { byActivity, fitting, type Query, queryAt } from "./completion.ts"
import { replaceIn } from "./replaceIn.ts"

const most = 7

interface Suggestion {
  readonly key: string
  /** What takes the place of the query. */
  readonly text: string
  readonly picture: ReactNode
  readonly name: string
  readonly note: string
}

const noEmoji: ReadonlyArray<FoundEmoji> = []

const useEmoji = (query: Query | undefined): ReadonlyArray<FoundEmoji> => {
  const { language } = useSettings()
  const [found, setFound] = useState(noEmoji)
  const text = query?.kind === "emoji" ? query.text : undefined
  useEffect(() => {
    if (text === undefined) {
      setFound(noEmoji)
      return
    }
    let current = true
    loadEmoji(language).then(
      (list) => current && setFound(findEmoji(list, text, most, recentEmoji())),
      // Without them it is a text like others.
      () => current && setFound(noEmoji),
    )
    return () => {
      current = false
    }
  }, [text, language])
  return text === undefined ? noEmoji : found
}

const nobody: ReadonlyArray<User> = []

/** Members first, then other users who are known. */
const usePeople = (chat: ChatView, query: Query | undefined) => {
  const me = useMe()
  const conversation = useConversation(chat.id)
  const users = useChatState((state) => state.users)
  const text = query?.kind === "person" ? query.text : undefined
  return useMemo(() => {
    if (text === undefined) return { members: nobody, others: nobody }
    const others = (user: User) => user.id !== me.id && !isDeletedAccount(user)
    const members = (conversation?.members ?? []).map(({ user }) => user).filter(others)
    const present = new Set(members.map(({ id }) => id))
    const senders = (conversation?.messages ?? []).map(({ sender_id }) => sender_id)
    const found = fitting(byActivity(members, senders), text, most)
    const strangers = text === "" ? nobody : [...users.values()].filter((user) => others(user) && !present.has(user.id))
    return { members: found, others: fitting(strangers, text, most - found.length) }
  }, [text, conversation, users, me.id])
}

export interface Completion {
  readonly list: ReactNode
  /** For the field: which list belongs to it, and which suggestion is chosen. */
  readonly field: {
    readonly "aria-autocomplete": "list"
    readonly "aria-controls": string | undefined
    readonly "aria-activedescendant": string | undefined
  }
  /** To be called when the caret may have moved. */
  readonly look: () => void
  readonly close: () => void
  /** Returns whether the key was for the list. */
  readonly onKeyDown: (event: KeyboardEvent) => boolean
}

export const useCompletion = (area: RefObject<HTMLTextAreaElement | null>, chat: ChatView): Completion => {
  const { compose: words } = useTextWords()
  const id = useId()
  const [query, setQuery] = useState<Query>()
  const [chosen, setChosen] = useState(0)
  const emoji = useEmoji(query)
  const people = usePeople(chat, query)
  const mayMentionAll = chat.type === "group" && (chat.role === "owner" || chat.role === "admin")

  const person = (user: User, note: string): Suggestion => ({
    key: String(user.id),
    text: `@${user.username} `,
    picture: <Avatar id={user.id} name={user.display_name} size="s" />,
    name: user.display_name,
    note,
  })
  const suggestions: Array<Suggestion> = emoji.map((one) => ({
    key: one.emoji,
    text: `${one.emoji} `,
    picture: <span className="suggestion-emoji">{one.emoji}</span>,
    name: one.name,
    note: one.code === "" ? "" : `:${one.code}:`,
  }))
  for (const user of people.members) suggestions.push(person(user, `@${user.username}`))
  if (mayMentionAll && query?.kind === "person" && everyone.startsWith(query.text.toLowerCase())) {
    const picture = (
      <span className="round-icon">
        <Icon name="people" size={20} />
      </span>
    )
    suggestions.push({ key: everyone, text: `@${everyone} `, picture, name: words.everyone, note: `@${everyone}` })
  }
  for (const user of people.others) suggestions.push(person(user, `@${user.username} · ${words.outside}`))
  const at = Math.min(chosen, suggestions.length - 1)
  const optionId = (index: number) => `${id}-${index}`

  const take = (suggestion: Suggestion) => {
    const box = area.current
    if (box === null || query === undefined) return
    if (query.kind === "emoji") keepRecent(suggestion.key)
    const to = box.selectionStart
    // A space that is there already serves.
    const text = box.value[to] === " " ? suggestion.text.trimEnd() : suggestion.text
    const caret = query.from + text.length
    setQuery(undefined)
    replaceIn(box, { from: query.from, to, text, start: caret, end: caret })
  }

  const look = () => {
    const box = area.current
    if (box === null) return
    const next = box.selectionStart === box.selectionEnd ? queryAt(box.value, box.selectionStart) : undefined
    setQuery((now) => (now?.from === next?.from && now?.text === next?.text && now?.kind === next?.kind ? now : next))
    if (next?.text !== query?.text) setChosen(0)
  }

  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (suggestions.length === 0 || event.altKey || event.ctrlKey || event.metaKey) return false
    const count = suggestions.length
    if (event.key === "ArrowDown") setChosen((at + 1) % count)
    else if (event.key === "ArrowUp") setChosen((at - 1 + count) % count)
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) take(suggestions[at]!)
    else if (event.key === "Escape") setQuery(undefined)
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }

  const open = suggestions.length > 0
  const label = query?.kind === "emoji" ? words.emojiFound : words.peopleFound
  const list = open && (
    <>
      <div id={id} role="listbox" aria-label={label} className="suggestions">
        {suggestions.map((suggestion, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and its keys
          <div
            key={suggestion.key}
            id={optionId(index)}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className={index === at ? "suggestion suggestion-chosen" : "suggestion"}
            // The field keeps the focus.
            onPointerDown={(event) => event.preventDefault()}
            onPointerMove={() => setChosen(index)}
            onClick={() => take(suggestion)}
          >
            {suggestion.picture}
            <span className="suggestion-name" dir="auto">
              {suggestion.name}
            </span>
            <span className="suggestion-note">{suggestion.note}</span>
          </div>
        ))}
      </div>
      <p className="visually-hidden" role="status">
        {words.found(suggestions.length)}
      </p>
    </>
  )
  return {
    list,
    field: {
      "aria-autocomplete": "list",
      "aria-controls": open ? id : undefined,
      "aria-activedescendant": open ? optionId(at) : undefined,
    },
    look,
    close: () => setQuery(undefined),
    onKeyDown,
  }
}
