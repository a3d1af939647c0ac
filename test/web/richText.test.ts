// What the page shows of Markdown: the contract's marks and no others, whatever else is written.
import { describe, expect, it } from "vitest"
import { type Block, blocksIn } from "../../web/chat/text/blocks.ts"
import { type Inline, inlineIn } from "../../web/chat/text/inline.ts"
import { mentionedNames } from "../../web/chat/text/mentionsIn.ts"
import { summary } from "../../web/chat/text/summary.ts"

const none = new Set<string>()

/** As tags, to be read easily. */
const shown = (parts: ReadonlyArray<Inline>): string =>
  parts
    .map((part) => {
      switch (part.kind) {
        case "text":
          return part.text
        case "link":
          return `<a>${part.text}</a>`
        case "mention":
          return `<@>${part.text}</@>`
        case "code":
          return `<code>${part.text}</code>`
        default:
          return `<${part.kind}>${shown(part.children)}</${part.kind}>`
      }
    })
    .join("")
const line = (text: string, names: ReadonlySet<string> = none) => shown(inlineIn(text, names))

describe("marks", () => {
  it("are those of the contract", () => {
    expect(line("**bold**, _italic_, ~~struck~~, ||hidden||, `code`")).toBe(
      "<strong>bold</strong>, <em>italic</em>, <del>struck</del>, <hidden>hidden</hidden>, <code>code</code>",
    )
    expect(line("**_both_ and `**`**")).toBe("<strong><em>both</em> and <code>**</code></strong>")
    expect(line("||a **b** `c||d`||")).toBe("<hidden>a <strong>b</strong> <code>c||d</code></hidden>")
    expect(line("\\*\\*not\\*\\* \\_this\\_ \\`nor\\`")).toBe("**not** _this_ `nor`")
    expect(line("``a ` b``")).toBe("<code>a ` b</code>")
  })

  it("are no others: the rest of Markdown, HTML and references stay as they are written", () => {
    for (const text of [
      "*one* __two__ ***three*** ~one~ |one|",
      "snake_case_name and 2 * 3 * 4 and a**",
      "[text](https//x) ![image](x) [ref] <b>bold</b> <script>alert(1)</script>",
      "&#65; &amp; &lt;",
      "two spaces  \nat the end of a line",
      "__init__ **  ** ~~~ || || `` ` ``` **",
      "me@example.org # not a title",
      "\uE000 a sign of private use \uE000",
    ])
      expect(line(text)).toBe(text)
  })

  it("reach over lines, but not over empty ones", () => {
    expect(line("**a\nb**")).toBe("<strong>a\nb</strong>")
    expect(line("**a\n\nb**")).toBe("**a\n\nb**")
  })

  it("leave addresses whole, within marks as well", () => {
    expect(line("https://x.org/_a_b_/~~c~~ and www.x.org")).toBe(
      "<a>https://x.org/_a_b_/~~c~~</a> and <a>www.x.org</a>",
    )
    expect(line("**see https://x.org/a**")).toBe("<strong>see <a>https://x.org/a</a></strong>")
    expect(line("_https://x.org/a_")).toBe("<em><a>https://x.org/a</a></em>")
    expect(line("`https://x.org/a`")).toBe("<code>https://x.org/a</code>")
  })

  it("take bounded work whatever is written", () => {
    const nasty = [
      "**",
      "_a ",
      "||a",
      "~~a ",
      "`",
      "_**",
      "**_",
      "[a](b",
      "<a ",
      "||_**~~a",
      "a@",
      "\\",
      "*_",
      "> ",
      "- ",
    ]
    const began = process.cpuUsage().user
    for (const part of nasty) {
      const text = part.repeat(4_096).slice(0, 4_096)
      blocksIn(text)
      inlineIn(text, none)
      inlineIn(text.slice(0, 2_048) + [...text.slice(0, 2_048)].reverse().join(""), none)
      summary(text)
    }
    let deep = "a"
    for (let i = 0; deep.length < 4_000; i++) deep = i % 2 === 0 ? `_x ${deep} x_` : `**x ${deep} x**`
    const depth = (parts: ReadonlyArray<Inline>): number =>
      Math.max(0, ...parts.map((part) => ("children" in part ? 1 + depth(part.children) : 0)))
    expect(depth(inlineIn(deep, none))).toBe(6)
    expect((process.cpuUsage().user - began) / 1_000).toBeLessThan(4_000)
  })
})

describe("blocks", () => {
  const kinds = (text: string) => blocksIn(text).map((block) => (block.kind === "text" ? block.text : block.kind))

  it("are fences with their language, quotes and lists, line by line", () => {
    expect(blocksIn("before\n```ts\nconst a = **1**\n```\nafter")).toEqual([
      { kind: "text", text: "before" },
      { kind: "code", text: "const a = **1**", language: "ts" },
      { kind: "text", text: "after" },
    ] satisfies ReadonlyArray<Block>)
    expect(kinds("```\nunclosed\n\n> code")).toEqual(["code"])
    expect(blocksIn("> one\n> two\nthree")).toEqual([
      { kind: "quote", blocks: [{ kind: "text", text: "one\ntwo" }] },
      { kind: "text", text: "three" },
    ])
    expect(blocksIn("- milk\n  - 3 %\n- bread\nThanks")).toEqual([
      {
        kind: "list",
        list: {
          ordered: false,
          items: [
            {
              number: undefined,
              text: "milk",
              lists: [{ ordered: false, items: [{ number: undefined, text: "3 %", lists: [] }] }],
            },
            { number: undefined, text: "bread", lists: [] },
          ],
        },
      },
      { kind: "text", text: "Thanks" },
    ])
  })

  it("keep the numbers as they are written", () => {
    const [block] = blocksIn("7. seven\n9) nine")
    expect(block?.kind === "list" && block.list.items.map(({ number }) => number)).toEqual([7, 9])
  })

  it("are not what only looks like them", () => {
    for (const text of ["-1 is a number", "5.5 km", ">:(", "# title", "    four spaces", "---", "a\n\n\nb", " a "])
      expect(blocksIn(text)).toEqual([{ kind: "text", text }])
  })
})

describe("mentions", () => {
  const nameOf = (id: number) => ({ 1: "Ann_B", 2: "carl" })[id]

  it("are those that the server found, outside of code", () => {
    const names = mentionedNames("@ann_b, `@carl` and @carl. @dora", [1, 2] as never, false, nameOf as never)
    expect([...names]).toEqual(["ann_b", "carl"])
    expect(line("@Ann_b, `@carl` and @carl. @dora", names)).toBe(
      "<@>@Ann_b</@>, <code>@carl</code> and <@>@carl</@>. @dora",
    )
    expect(line("_to @ann_b_ **@carl**", names)).toBe("<em>to <@>@ann_b</@></em> <strong><@>@carl</@></strong>")
    expect(line("https://x.org/@carl", names)).toBe("<a>https://x.org/@carl</a>")
  })

  it("of users who are not known here have the names that are left", () => {
    expect([...mentionedNames("@carl @dora", [2, 9] as never, false, nameOf as never)]).toEqual(["carl", "dora"])
    expect([...mentionedNames("@carl @dora @emil", [2, 9] as never, false, nameOf as never)]).toEqual(["carl"])
    expect([...mentionedNames("@all", [], true, nameOf as never)]).toEqual(["all"])
  })
})

describe("a text in one line", () => {
  it("has no marks, and nothing of what is hidden", () => {
    expect(summary("**a** _b_ ~~c~~ `d` ||secret|| snake_case_name 2**3")).toBe("a b c d ▒▒▒▒▒▒ snake_case_name 2**3")
    expect(summary("```js\nlet a\n```")).toBe("let a\n")
    expect(summary("plain")).toBe("plain")
  })
})
