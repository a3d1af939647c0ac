// The marks within lines: bold, italic, struck, hidden, code, web addresses and mentions. Marked's lexer finds the marks
// that the contract has and no others; its result are data for elements, never HTML.
import { Lexer, type Token, Tokenizer, type Tokens } from "marked"
import { type Piece, pieces } from "../../links.ts"
import { type Mention, mentionsIn } from "./mentionsIn.ts"

export type Inline =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string; readonly host: string | undefined }
  | { readonly kind: "mention"; readonly text: string; readonly name: string }
  | { readonly kind: "strong" | "em" | "del" | "hidden"; readonly children: ReadonlyArray<Inline> }

/** Marks within marks, beyond which they are plain text: a text cannot make the page work without end. */
const deepest = 6

/** Stands for an address or a mention while the marks around it are found, so that theirs are not taken for marks. */
const stand = "\uE000"

const runAt = (src: string): string => /^([*_~|])\1*/.exec(src)?.[0] ?? ""
const plain = (raw: string): Tokens.Text => ({ type: "text", raw, text: raw, escaped: false })

/** Between two pairs of bars; bars in code and after a backslash close nothing. */
const hiddenText = /^\|\|(?!\|)(?=\S)((?:`[^`]*`|\\[\s\S]|(?!`[^`]*`)[^\\])*?)(?<=\S)\|\|(?!\|)/

class ChatTokenizer extends Tokenizer {
  depth = 0

  private within<A>(find: () => A): A | undefined {
    if (this.depth >= deepest) return undefined
    this.depth++
    try {
      return find()
    } finally {
      this.depth--
    }
  }

  override emStrong(src: string, maskedSrc: string, prevChar?: string): Tokens.Em | Tokens.Strong | undefined {
    const run = runAt(src)
    if (run === "" || run[0] === "~" || run[0] === "|") return undefined
    const wanted = run === "**" ? "strong" : run === "_" ? "em" : undefined
    const found = wanted && this.within(() => super.emStrong(src, maskedSrc, prevChar))
    if (found?.type === wanted && found !== undefined) return found
    // The whole run is text: its second sign opens nothing.
    return plain(run) as unknown as Tokens.Em
  }

  override del(src: string, maskedSrc: string, prevChar?: string): Tokens.Del | undefined {
    const run = runAt(src)
    if (run[0] !== "~") return undefined
    const found = run === "~~" ? this.within(() => super.del(src, maskedSrc, prevChar)) : undefined
    return found ?? (plain(run) as unknown as Tokens.Del)
  }

  hidden(src: string, lexer: Lexer): Tokens.Generic | undefined {
    const found = hiddenText.exec(src)
    if (found === null) return undefined
    return this.within(() => ({ type: "hidden", raw: found[0], tokens: lexer.inlineTokens(found[1]!) }))
  }

  /** References like `&#65;` stay as they are written. */
  override inlineText(src: string): Tokens.Text | undefined {
    const found = super.inlineText(src)
    return found && plain(found.raw)
  }

  override tag(): undefined {}
  override link(): undefined {}
  override reflink(): undefined {}
  override autolink(): undefined {}
  override url(): undefined {}
  override br(): undefined {}
}

const tokensOf = (text: string): ReadonlyArray<Token> => {
  const tokenizer = new ChatTokenizer()
  const lexer: Lexer = new Lexer({
    gfm: true,
    tokenizer,
    extensions: {
      inline: [(src) => tokenizer.hidden(src, lexer)],
      startInline: [(src) => src.indexOf("||")],
      renderers: {},
      childTokens: {},
    },
  })
  return lexer.inlineTokens(text)
}

interface Held {
  readonly text: string
  readonly inline: Inline
}

/** A mark that closes after an address is no part of it, if it was opened before. */
const trimmed = (piece: Extract<Piece, { href: string }>, before: string): string => {
  const end = /(?:\*\*|~~|\|\||[_`])+[.,!?)]*$/.exec(piece.text)?.[0]
  if (end === undefined) return piece.text
  const mark = end[0]!
  const opened =
    mark === "_" ? /(?:^|[\s(*~|])_(?=\S|$)/.test(before) : before.includes(mark === "`" ? mark : mark + mark)
  return opened ? piece.text.slice(0, -end.length) : piece.text
}

/** The text with a sign in place of each address and mention, and these in order. */
const holding = (text: string, mentions: ReadonlyArray<Mention>): { text: string; held: ReadonlyArray<Held> } => {
  const found: Array<{ readonly at: number; readonly held: Held }> = []
  let at = 0
  for (const piece of pieces(text)) {
    if ("href" in piece) {
      const shown = trimmed(piece, text.slice(0, at))
      const again = shown === piece.text ? piece : pieces(shown).find((one) => "href" in one)
      if (again !== undefined && "href" in again)
        found.push({
          at,
          held: { text: shown, inline: { kind: "link", text: shown, href: again.href, host: again.host } },
        })
    }
    at += piece.text.length
  }
  for (const { start, end, name } of mentions) {
    const mention = text.slice(start, end)
    found.push({ at: start, held: { text: mention, inline: { kind: "mention", text: mention, name } } })
  }
  for (const sign of text.matchAll(new RegExp(stand, "g")))
    found.push({ at: sign.index, held: { text: stand, inline: { kind: "text", text: stand } } })
  found.sort((a, b) => a.at - b.at)
  const held: Array<Held> = []
  let shown = ""
  let from = 0
  for (const one of found) {
    // Within an address there is no mention.
    if (one.at < from) continue
    shown += text.slice(from, one.at) + stand
    from = one.at + one.held.text.length
    held.push(one.held)
  }
  return { text: shown + text.slice(from), held }
}

const inlineOf = (tokens: ReadonlyArray<Token>, take: () => Held | undefined): ReadonlyArray<Inline> => {
  const found: Array<Inline> = []
  const add = (text: string) => {
    const last = found.at(-1)
    if (last?.kind === "text") found[found.length - 1] = { kind: "text", text: last.text + text }
    else if (text !== "") found.push({ kind: "text", text })
  }
  for (const token of tokens) {
    switch (token.type) {
      case "strong":
      case "em":
      case "del":
      case "hidden":
        found.push({ kind: token.type, children: inlineOf(token.tokens ?? [], take) })
        break
      case "codespan":
        // In code an address is code.
        found.push({ kind: "code", text: token.text.replaceAll(stand, () => take()?.text ?? "") })
        break
      default:
        ;("text" in token ? String(token.text) : token.raw).split(stand).forEach((part, i) => {
          const inline = i === 0 ? undefined : take()?.inline
          if (inline?.kind === "text") add(inline.text)
          else if (inline !== undefined) found.push(inline)
          add(part)
        })
    }
  }
  return found
}

const mayHaveMarks = /[*_~|`\\]/

const marked = (text: string, mentions: ReadonlyArray<Mention>): ReadonlyArray<Inline> => {
  const { held, text: shown } = holding(text, mentions)
  let next = 0
  const tokens = mayHaveMarks.test(shown) ? tokensOf(shown) : [plain(shown)]
  return inlineOf(tokens, () => held[next++])
}

/** `names`: the user names that this text mentions, in lower case. No mark reaches over an empty line. */
export const inlineIn = (text: string, names: ReadonlySet<string>): ReadonlyArray<Inline> => {
  const found: Array<Inline> = []
  for (const part of text.split(/(\n[^\S\n]*\n)/)) {
    if (/^\s*$/.test(part)) {
      if (part !== "") found.push({ kind: "text", text: part })
    } else found.push(...marked(part, mentionsIn(part, names)))
  }
  return found
}
