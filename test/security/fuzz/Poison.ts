// Values that hurt: JSON as text, so that it may hold what no JavaScript value can be (1e400, a key twice, a lone \ud800).
import type { Random } from "../../faults/Random.ts"
import { type Definitions, type JsonSchema, resolve } from "./JsonSchema.ts"

const numbers = [
  ...["0", "-0", "-1", "1", "2", "0.5", "1e3", "1e400", "-1e400", "5e-324", "2147483648", "4294967296"],
  ...["9007199254740991", "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808"],
  ...["18446744073709551616", "1".repeat(400), "-9223372036854775809"],
]

const strings = [
  ...['""', '" "', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', '"a\\udfff"', '"\\ufeff"', '"\\uffff"'],
  ...['"\\u202eevil\\u2066"', '"\\u200b\\u200d\\u2060"', '"\\u2028\\u2029"', '"%00%s%n"', '"../../etc/passwd"'],
  ...['"\'; drop table users; --"', '"#{7*7}{{7*7}}"', '"<script>alert(1)</script>"', '"1"', '"0x10"', '"null"'],
  ...['"👩‍👩‍👧‍👦"', `"${"é".repeat(65)}"`, `"${"👍".repeat(33)}"`, `"${"x".repeat(4_097)}"`, `"${"👍".repeat(4_096)}"`],
  ...[
    '"__proto__"',
    '"constructor"',
    '"2026-02-30T25:61:00Z"',
    '"00000000-0000-0000-0000-000000000000"',
    '"\\r\\nX: y"',
  ],
]

const others = [
  ...["null", "true", "false", "[]", "{}", "[[]]", "[null]", '{"":null}', '{"__proto__":{"admin":true}}'],
  ...['{"constructor":{"prototype":{"x":1}}}', '{"toString":1,"valueOf":2,"toJSON":3}', '{"length":-1}', '{"then":{}}'],
  ...[`${"[".repeat(3_000)}${"]".repeat(3_000)}`, `${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}`],
  ...[`[${"1,".repeat(5_000)}1]`, `{${Array.from({ length: 2_000 }, (_, i) => `"k${i}":${i}`).join(",")}}`],
]

/** One bad value, or one that is good elsewhere. */
export const poison = (random: Random): string => random.pick(random.pick([numbers, strings, others]))

/** What is no JSON at all. */
const broken = [
  "",
  " ",
  "{",
  "[",
  '"',
  "{'a':1}",
  '{"a":1,}',
  "NaN",
  "undefined",
  "\u0000",
  "\ufeff{}",
  "1 2",
  "{}{}",
  "-",
  "\\",
]

/** JSON text that mostly fits the schema; ids come from `known`. */
export const sample = (
  schema: JsonSchema,
  definitions: Definitions,
  random: Random,
  known: (name: string) => number | string,
  name = "",
): string => {
  const resolved = resolve(schema, definitions)
  const anyOf = resolved.anyOf ?? resolved.oneOf
  const rules: JsonSchema = Object.assign({}, resolved, ...(Array.isArray(resolved.allOf) ? resolved.allOf : []))
  if (Array.isArray(anyOf)) return sample(random.pick(anyOf), definitions, random, known, name)
  if (Array.isArray(rules.enum)) return JSON.stringify(random.pick(rules.enum))
  if (rules.const !== undefined) return JSON.stringify(rules.const)
  switch (Array.isArray(rules.type) ? random.pick(rules.type) : rules.type) {
    case "object": {
      const properties = Object.entries((rules.properties ?? {}) as Definitions)
      const required = (rules.required ?? []) as ReadonlyArray<string>
      const kept = properties.filter(([key]) => required.includes(key) || random.chance(0.7))
      return `{${kept.map(([key, one]) => `${JSON.stringify(key)}:${sample(one, definitions, random, known, key)}`).join(",")}}`
    }
    case "array":
      return `[${Array.from({ length: random.between(0, 3) }, () => sample(rules.items as JsonSchema, definitions, random, known, name)).join(",")}]`
    case "integer":
    case "number":
    case "string":
      return JSON.stringify(known(name))
    case "boolean":
      return String(random.chance(0.5))
    default:
      return "null"
  }
}

/** Spoils JSON text of an object: a value, a key, a part of the text; sometimes nothing. */
export const spoil = (json: string, random: Random): string => {
  const fields = /"(?:[^"\\]|\\.)*":/g
  const keys = [...json.matchAll(fields)]
  const key = keys.length === 0 ? undefined : random.pick(keys)
  switch (random.between(0, 9)) {
    case 0:
      return json
    case 1:
      return poison(random)
    case 2:
      return random.pick(broken)
    case 3:
      return json.slice(0, random.between(0, json.length))
    case 4: {
      const at = random.between(0, json.length)
      return json.slice(0, at) + random.pick(["\u0000", "\ud83d", ",", "}", '"', "\\", "\u202e"]) + json.slice(at)
    }
    case 5:
      return json.replace(
        /^\{/,
        `{"${random.pick(["__proto__", "constructor", "toString", "", "\\ud800"])}":${poison(random)},`,
      )
    case 6:
      return key === undefined ? json : json.replace(/^\{/, `{${key[0]}${poison(random)},`)
    case 7:
      return key === undefined ? json : json.replace(key[0], `"nobody_knows_${random.between(0, 9)}":`)
    default: {
      if (key?.index === undefined) return json
      const from = key.index + key[0].length
      const value = /^(?:"(?:[^"\\]|\\.)*"|[^,}\]]+)/.exec(json.slice(from))?.[0] ?? ""
      return json.slice(0, from) + poison(random) + json.slice(from + value.length)
    }
  }
}
