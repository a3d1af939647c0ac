// The lines of a text as blocks: code between fences, quotes, lists, and what is between them. Line by line, as people
// write in a chat: a block ends with its last line, and no line moves to another one.

export interface ListItem {
  /** As it is written; undefined: a bullet. */
  readonly number: number | undefined
  readonly text: string
  readonly lists: ReadonlyArray<List>
}

export interface List {
  readonly ordered: boolean
  readonly items: ReadonlyArray<ListItem>
}

export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code"; readonly text: string; readonly language: string }
  | { readonly kind: "quote"; readonly blocks: ReadonlyArray<Block> }
  | { readonly kind: "list"; readonly list: List }

const deepest = 4
const fence = /^ {0,3}(`{3,})([^`]*)$/
const quoted = /^>(?: |$)/
const item = /^( *)(?:[-*+]|(\d{1,9})[.)]) +(?=\S)/

interface ItemLine {
  readonly indent: number
  readonly number: number | undefined
  readonly text: string
}

const nested = (lines: ReadonlyArray<ItemLine>, depth: number): ReadonlyArray<List> => {
  const lists: Array<{ ordered: boolean; items: Array<ListItem> }> = []
  for (let i = 0; i < lines.length; ) {
    const { indent, number, text } = lines[i]!
    let end = i + 1
    if (depth < deepest) while (end < lines.length && lines[end]!.indent >= indent + 2) end++
    const ordered = number !== undefined
    let list = lists.at(-1)
    if (list?.ordered !== ordered) {
      list = { ordered, items: [] }
      lists.push(list)
    }
    list.items.push({ number, text, lists: nested(lines.slice(i + 1, end), depth + 1) })
    i = end
  }
  return lists
}

const blocksOf = (lines: ReadonlyArray<string>, depth: number): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let plain: Array<string> = []
  const flush = () => {
    const text = plain.join("\n")
    // Empty lines beside a block are the space around it.
    if (text.trim() !== "") blocks.push({ kind: "text", text: text.replace(/^(?:[^\S\n]*\n)+|\s+$/g, "") })
    plain = []
  }
  /** The lines from `at` on that belong together; `take` says what of a line. */
  const run = <A>(at: number, take: (line: string) => A | undefined): ReadonlyArray<A> => {
    const taken: Array<A> = []
    for (let i = at; i < lines.length; i++) {
      const part = take(lines[i]!)
      if (part === undefined) break
      taken.push(part)
    }
    return taken
  }
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]!
    const opening = fence.exec(line)
    if (opening !== null) {
      const closes = (other: string) => {
        const closing = fence.exec(other)
        return closing !== null && closing[1]!.length >= opening[1]!.length && closing[2]!.trim() === ""
      }
      const code = run(i + 1, (other) => (closes(other) ? undefined : other))
      flush()
      blocks.push({ kind: "code", text: code.join("\n"), language: opening[2]!.trim().split(/\s/)[0]! })
      i += code.length + 2
      continue
    }
    if (depth < deepest && quoted.test(line)) {
      const inner = run(i, (other) => (quoted.test(other) ? other.slice(2) : undefined))
      flush()
      blocks.push({ kind: "quote", blocks: blocksOf(inner, depth + 1) })
      i += inner.length
      continue
    }
    const items = run(i, (other): ItemLine | undefined => {
      const mark = item.exec(other)
      if (mark === null) return undefined
      return {
        indent: mark[1]!.length,
        number: mark[2] === undefined ? undefined : Number(mark[2]),
        text: other.slice(mark[0].length),
      }
    })
    if (items.length > 0) {
      flush()
      for (const list of nested(items, 0)) blocks.push({ kind: "list", list })
      i += items.length
      continue
    }
    plain.push(line)
    i++
  }
  flush()
  return blocks
}

const mayHaveBlocks = /^(?: {0,3}`{3}|>| *(?:[-*+]|\d{1,9}[.)]) )/m

/** A text without blocks is returned as it is. */
export const blocksIn = (text: string): ReadonlyArray<Block> =>
  mayHaveBlocks.test(text) ? blocksOf(text.split(/\r?\n/), 0) : [{ kind: "text", text }]
