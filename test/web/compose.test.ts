// What the composer does with the text around its caret.
import { describe, expect, it } from "vitest"
import { byActivity, fitting, queryAt } from "../../web/chat/compose/completion.ts"
import { withLink, withMarks } from "../../web/chat/compose/marks.ts"
import type { Replacement } from "../../web/chat/compose/replaceIn.ts"
import { nextMention } from "../../web/chat/nextMention.ts"

/** The text afterwards, with the selection between bars. */
const shown = (text: string, { end, from, start, text: added, to }: Replacement) => {
  const whole = text.slice(0, from) + added + text.slice(to)
  return `${whole.slice(0, start)}|${whole.slice(start, end)}|${whole.slice(end)}`
}
const marked = (text: string, start: number, end: number, mark: "**" | "_" | "`") =>
  shown(text, withMarks(text, start, end, mark))

describe("a completion", () => {
  it("begins after a space with a colon and two letters, or with an at sign", () => {
    const query = (text: string) => queryAt(text, text.length)
    expect(query("so :smi")).toEqual({ kind: "emoji", text: "smi", from: 3 })
    expect(query(":сме")).toEqual({ kind: "emoji", text: "сме", from: 0 })
    expect(query(":+1")).toEqual({ kind: "emoji", text: "+1", from: 0 })
    expect(query("hi @an")).toEqual({ kind: "person", text: "an", from: 3 })
    expect(query("(@")).toEqual({ kind: "person", text: "", from: 1 })
    for (const text of ["10:30", ":)", ":s", "https://x", "a@b.c", "x::smi", "\\@ann", "word ", ""])
      expect(query(text)).toBeUndefined()
    expect(queryAt("@ann and", 4)).toEqual({ kind: "person", text: "ann", from: 0 })
  })

  it("offers who wrote last first, and who is named so before others", () => {
    const user = (id: number, username: string, display_name: string) => ({ id, username, display_name }) as never
    const [ann, bob, carl] = [user(1, "ann", "Zoe"), user(2, "bob", "Ann Smith"), user(3, "carl", "Carl")]
    expect(byActivity([ann, bob, carl], [3, 1, 3, 2] as never)).toEqual([bob, carl, ann])
    expect(fitting([bob, carl, ann], "ann", 5)).toEqual([ann, bob])
    expect(fitting([bob, carl, ann], "", 2)).toEqual([bob, carl])
  })
})

describe("marks by keys", () => {
  it("stand next to signs, and go when they are there", () => {
    expect(marked("one two", 4, 7, "**")).toBe("one **|two|**")
    expect(marked("one **two**", 6, 9, "**")).toBe("one |two|")
    expect(marked("one two ", 3, 8, "_")).toBe("one _|two|_ ")
    expect(marked("", 0, 0, "**")).toBe("**||**")
    expect(marked("a", 1, 1, "_")).toBe("a_||_")
    expect(marked("one", 0, 3, "`")).toBe("`|one|`")
    expect(marked("x\na\nb\ny", 2, 5, "`")).toBe("x\n```\n|a\nb|\n```\ny")
    expect(marked("x a\nb y", 2, 5, "`")).toBe("x \n```\n|a\nb|\n```\n y")
  })
})

describe("a pasted address", () => {
  it("follows what is selected in brackets", () => {
    const pasted = (text: string, start: number, end: number, address: string) => {
      const replacement = withLink(text, start, end, address)
      return replacement && shown(text, replacement)
    }
    expect(pasted("the docs are", 4, 8, " https://x.org/a ")).toBe("the docs (https://x.org/a)|| are")
    expect(pasted("the docs are", 4, 4, "https://x.org")).toBeUndefined()
    expect(pasted("the docs are", 4, 8, "see https://x.org")).toBeUndefined()
    expect(pasted("https://y.org", 0, 13, "https://x.org")).toBeUndefined()
  })
})

describe("the next mention", () => {
  const me = 7 as never
  const message = (seq: number, more: object = {}) =>
    ({ id: 100 + seq, seq, sender_id: 1, deleted: false, reply_to: null, ...more }) as never
  it("is the oldest unread message that names the user or all, or answers them", () => {
    const author = (id: number) => ({ 50: 7, 51: 1 })[id] as never
    const next = (messages: ReadonlyArray<never>, after = 0) => nextMention(messages, after, me, author as never)
    expect(next([message(1), message(2, { mentions: [7] }), message(3, { mentions_all: true })])).toBe(2)
    expect(next([message(1, { mentions: [7] }), message(2), message(3, { mentions_all: true })], 1)).toBe(3)
    expect(next([message(1, { reply_to: 51 }), message(2, { reply_to: 50 })])).toBe(2)
    expect(
      next([message(1, { mentions: [7], deleted: true }), message(2, { mentions_all: true, sender_id: 7 })]),
    ).toBeUndefined()
    // Not all unread messages are loaded, or it is not known whom one answers: the server is asked.
    expect(next([message(5, { mentions: [7] })], 2)).toBeUndefined()
    expect(next([message(1, { reply_to: 52 }), message(2, { mentions: [7] })])).toBeUndefined()
  })
})
