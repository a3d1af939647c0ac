// Strings as input: PostgreSQL can store them, and every client reads back what was sent.
import { Schema } from "effect"

const storable = Schema.makeFilter<string>((text) =>
  text.isWellFormed() && !text.includes("\0") ? undefined : "NUL and lone surrogates are not allowed",
)

/** The number of code points; cheap if the string is short enough anyway. */
export const codePoints = (text: string): number => {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdbff) {
      count--
      i++
    }
  }
  return count
}

/** Any string without NUL and lone surrogates. */
export const Text = Schema.String.check(storable)

/** A `Text` of `minimum` to `maximum` code points, with the corresponding JSON Schema keywords. */
export const text = (minimum: number, maximum: number) =>
  Text.check(
    Schema.makeFilter<string>(
      (value) => {
        if (value.length < minimum) return `must have at least ${minimum} characters`
        if (value.length <= maximum && minimum <= 1) return undefined
        const length = codePoints(value)
        return length < minimum
          ? `must have at least ${minimum} characters`
          : length > maximum
            ? `must have at most ${maximum} characters`
            : undefined
      },
      { toJsonSchema: () => ({ minLength: minimum, maxLength: maximum }) },
    ),
  )
