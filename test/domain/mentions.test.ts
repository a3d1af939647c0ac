import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { codeIn } from "../../src/domain/codeIn.ts"
import { namesIn } from "../../src/domain/mentions.ts"
import { sequence } from "../support/sequence.ts"

const cases: ReadonlyArray<readonly [text: string, names: ReadonlyArray<string>]> = [
  ["no name at all", []],
  ["@bob", ["bob"]],
  ["@Bob, @BOB and @bob", ["bob"]],
  ["@ann @bob @ann", ["ann", "bob"]],
  ["hello @bob!", ["bob"]],
  ["(@bob) «@ann» é@eve\n@dan\t@kim", ["bob", "ann", "eve", "dan", "kim"]],
  ["**@bob** ~~@ann~~ ||@eve||", ["bob", "ann", "eve"]],
  // Before it: a name character, `@` or `/`.
  ["a@bob A@bob 1@bob _@bob .@bob -@bob @@bob /@bob x@example.org", []],
  ["https://example.org/@bob", []],
  // The whole run, without trailing signs.
  ["@bob. @ann... @eve- @dan_ @kim._-", ["bob", "ann", "eve", "dan", "kim"]],
  ["@bob.smith @ann-lee @eve_1 @dan.x.", ["bob.smith", "ann-lee", "eve_1", "dan.x"]],
  ["@bobby is not bob", ["bobby"]],
  ["@.bob", [".bob"]],
  ["@bob@ann", ["bob"]],
  ["@ab @abc", ["abc"]],
  [`@${"a".repeat(32)} @${"b".repeat(33)}`, ["a".repeat(32)]],
  [`@${"a".repeat(32)}...`, ["a".repeat(32)]],
  ["@боб @ bob @", []],
  ["@all @everyone", ["all", "everyone"]],
  // After a backslash.
  ["\\@bob \\\\@ann \\ @eve", ["eve"]],
  // Code.
  ["`@bob` @ann", ["ann"]],
  ["``@bob ` @ann`` @eve", ["eve"]],
  ["`@bob", ["bob"]],
  ["``@bob` @ann", ["bob", "ann"]],
  ["\\`@bob` @ann", ["bob", "ann"]],
  ["\\\\`@bob` @ann", ["ann"]],
  ["`a\\` @bob `", ["bob"]],
  ["`@bob\n@ann` @eve", ["eve"]],
  ["`@bob\n\n@ann` @eve", ["bob", "ann", "eve"]],
  ["```\n@bob\n```\n@ann", ["ann"]],
  ["```js\n@bob\n```  \n@ann", ["ann"]],
  ["```\n@bob", []],
  ["@ann\n```\n@bob\n@eve", ["ann"]],
  ["````\n@bob\n```\n@ann\n````\n@eve", ["eve"]],
  ["```\n@bob\n```js\n@ann", []],
  ["   ```\n@bob\n   ```\n@ann", ["ann"]],
  ["> ```\n> @bob\n> ```\n@ann", ["ann"]],
  ["```@bob``` @ann", ["ann"]],
  ["`@bob\n```\n@ann\n```\n@eve` @dan", ["bob", "eve", "dan"]],
  ["> @bob\n- @ann\n1. @eve", ["bob", "ann", "eve"]],
]

describe("The names that a text mentions", () => {
  for (const [text, names] of cases) {
    it(`are found in ${JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)}`, () => {
      assert.deepStrictEqual(namesIn(text), names)
    })
  }

  const pieces = ["@bob", "@", "`", "```", "\n", "\n\n", "> ", "\\", "bob", ".", "_", "/", " ", "~~", "é"] as const
  const texts = sequence(Schema.Literals(pieces), 0, 40)

  it.prop("are user names in lower case, each once, that the text has after an @", [texts], ([parts]) => {
    const text = parts.join("")
    const names = namesIn(text)
    assert.strictEqual(new Set(names).size, names.length)
    for (const name of names) {
      assert.match(name, /^[a-z0-9_.-]{2,31}[a-z0-9]$/)
      assert.include(text.toLowerCase(), `@${name}`)
    }
  })

  it.prop("are not in code, whose parts are in order and within the text", [texts], ([parts]) => {
    const text = parts.join("")
    let last = 0
    let masked = text
    for (const { start, end } of codeIn(text)) {
      assert.isAtLeast(start, last)
      assert.isAbove(end, start)
      assert.isAtMost(end, text.length)
      assert.include(text.slice(start, end), "`")
      masked = masked.slice(0, start) + "#".repeat(end - start) + masked.slice(end)
      last = end
    }
    // What remains of the text names the same people.
    assert.deepStrictEqual(namesIn(masked.replaceAll("`", "\u2018")), namesIn(text))
  })

  it("are found in a moment, whatever the text", () => {
    const nasty = [
      `@${"._-".repeat(1_364)}x`,
      "> ".repeat(2_047),
      " >".repeat(2_047),
      Array.from({ length: 89 }, (_, i) => "`".repeat(i + 1)).join(" "),
      "`\n\n".repeat(1_365),
      "```\n".repeat(1_024),
      "@aaa ".repeat(819),
      "\\".repeat(4_096),
    ]
    const begin = performance.now()
    for (const text of nasty) namesIn(`${text} @bob`)
    assert.isBelow(performance.now() - begin, 1_000)
  })
})
