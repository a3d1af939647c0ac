// A user's text as elements: what its marks say, links for its web addresses, and mentions. Never HTML.
import { createElement, Fragment, memo, type ReactNode, useState } from "react"
import type { UserId } from "../../src/domain/Ids.ts"
import { everyone } from "../../src/domain/mentions.ts"
import { useTextWords } from "../i18n/useTextWords.ts"
import { useChatState, useMe } from "../model/hooks.ts"
import { type Block, blocksIn, type List, type ListItem } from "./text/blocks.ts"
import { CodeBlock } from "./text/CodeBlock.tsx"
import { type Inline, inlineIn } from "./text/inline.ts"
import { mentionedNames } from "./text/mentionsIn.ts"

/** The user names that the text mentions, and those that mean this user. */
interface Names {
  readonly all: ReadonlySet<string>
  readonly mine: ReadonlySet<string>
}

const nobody: Names = { all: new Set(), mine: new Set() }

/** Shown when it is chosen; until then it is read out to nobody. */
const Hidden = ({ children }: { children: ReactNode }) => {
  const { text: words } = useTextWords()
  const [shown, setShown] = useState(false)
  return shown ? (
    <span className="hidden-shown">{children}</span>
  ) : (
    <button type="button" className="hidden-text" aria-label={words.hidden} onClick={() => setShown(true)}>
      <span aria-hidden="true" inert>
        {children}
      </span>
    </button>
  )
}

export const Link = ({ href, host, text }: { href: string; host: string | undefined; text: string }) => (
  <a href={href} target="_blank" rel="noopener noreferrer nofollow ugc">
    {text}
    {host !== undefined && <span className="link-host" data-host={host} />}
  </a>
)

/** Parts that never change places need no keys. */
const together = (nodes: ReadonlyArray<ReactNode>): ReactNode => createElement(Fragment, null, ...nodes)

const inline = (parts: ReadonlyArray<Inline>, names: Names): ReactNode => {
  const element = (part: Inline): ReactNode => {
    switch (part.kind) {
      case "text":
        return part.text
      case "strong":
        return <strong>{inline(part.children, names)}</strong>
      case "em":
        return <em>{inline(part.children, names)}</em>
      case "del":
        return <del>{inline(part.children, names)}</del>
      case "hidden":
        return <Hidden>{inline(part.children, names)}</Hidden>
      case "code":
        return <code>{part.text}</code>
      case "mention":
        return <span className={names.mine.has(part.name) ? "mention mention-me" : "mention"}>{part.text}</span>
      case "link":
        return <Link href={part.href} host={part.host} text={part.text} />
      default:
        return part satisfies never
    }
  }
  return together(parts.map(element))
}

const listOf = ({ items, ordered }: List, names: Names): ReactNode => {
  const line = ({ lists, number, text }: ListItem): ReactNode => (
    <li value={number}>
      {inline(inlineIn(text, names.all), names)}
      {together(lists.map((list) => listOf(list, names)))}
    </li>
  )
  const lines = together(items.map(line))
  return ordered ? <ol>{lines}</ol> : <ul>{lines}</ul>
}

const blocks = (parts: ReadonlyArray<Block>, names: Names): ReactNode => {
  const element = (block: Block): ReactNode => {
    switch (block.kind) {
      case "text":
        return inline(inlineIn(block.text, names.all), names)
      case "code":
        return <CodeBlock text={block.text} language={block.language} />
      case "quote":
        return <blockquote>{blocks(block.blocks, names)}</blockquote>
      case "list":
        return listOf(block.list, names)
      default:
        return block satisfies never
    }
  }
  return together(parts.map(element))
}

const Mentioning = ({ all, ids, text }: { text: string; ids: ReadonlyArray<UserId>; all: boolean }) => {
  const me = useMe()
  const users = useChatState((state) => state.users)
  const found = mentionedNames(text, ids, all, (id) => (id === me.id ? me.username : users.get(id)?.username))
  return blocks(blocksIn(text), { all: found, mine: new Set([me.username.toLowerCase(), everyone]) })
}

const noIds: ReadonlyArray<UserId> = []

/** `mentions`, `mentionsAll`: as the server found them. */
export const RichText = memo(
  ({
    text,
    mentions = noIds,
    mentionsAll = false,
  }: {
    text: string
    mentions?: ReadonlyArray<UserId>
    mentionsAll?: boolean
  }) =>
    mentions.length === 0 && !mentionsAll ? (
      blocks(blocksIn(text), nobody)
    ) : (
      <Mentioning text={text} ids={mentions} all={mentionsAll} />
    ),
)
