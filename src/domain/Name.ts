// Visible names of users and groups. People compare them by eye, so they must not contain anything invisible or change
// the text's direction, and are stored in one form.
import { Schema } from "effect"
import { codePoints, Text } from "./Text.ts"

/** The stored form of a name: equal names have the same code points. */
export const storedName = (name: string): string => name.normalize("NFC")

const visible = /[^\p{Default_Ignorable_Code_Point}\p{White_Space}\p{M}\p{C}\u2800]/u
/** Invisible characters other than spaces, unless their context requires them. */
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u

const joining =
  "[\\p{Arab}\\p{Syrc}\\p{Nkoo}\\p{Mong}\\p{Deva}\\p{Beng}\\p{Guru}\\p{Gujr}\\p{Orya}\\p{Taml}\\p{Telu}\\p{Knda}\\p{Mlym}\\p{Sinh}\\p{Mymr}\\p{Khmr}]".replaceAll(
    /\\p\{(\w+)\}/g,
    "\\p{Script=$1}",
  )

/**
 * Allowed in their context: joiners of scripts that join, joiners and selectors of emoji, selectors of ideographs,
 * flags.
 */
const wanted = new RegExp(
  [
    `(?<=${joining}\\p{M}*)[\\u200c\\u200d](?=${joining})`,
    "(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f])\\u200d(?=\\p{Extended_Pictographic})",
    "(?<=\\p{Emoji})[\\ufe0e\\ufe0f]",
    "(?<=\\p{Script=Han})[\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}]",
    "(?<=\\p{Script=Mong})[\\u180b-\\u180d\\u180f]",
    "(?<=\\u{1f3f4})[\\u{e0020}-\\u{e007e}]{1,8}\\u{e007f}",
  ].join("|"),
  "gu",
)

/** A `Text` of 1 to `maximum` code points as stored, at least one of them visible. */
export const name = (maximum: number) =>
  Text.check(
    Schema.makeFilter<string>(
      (value) => {
        const stored = storedName(value)
        if (codePoints(stored) > maximum) return `must have at most ${maximum} characters`
        if (!visible.test(stored)) return "must have a visible character"
        return hidden.test(stored.replaceAll(wanted, "")) ? "may have no control or invisible character" : undefined
      },
      { toJsonSchema: () => ({ minLength: 1, maxLength: maximum }) },
    ),
  )
