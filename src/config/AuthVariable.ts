// The kinds of environment variables that have to do with who is let in: secrets and keys.
import { readFileSync } from "node:fs"
import { Redacted } from "effect"
import { parseSigningKeys, type SigningKeys } from "./SigningKeys.ts"
import { make, type Variable } from "./Variable.ts"

/** Separated by commas; none when unset. */
export const secrets = (
  name: string,
  rule: { readonly minimumBytes: number },
): Variable<ReadonlyArray<Redacted.Redacted>> =>
  make(name, (value, wrong) => {
    const items = (value ?? "").split(",").flatMap((item) => (item.trim() === "" ? [] : [item.trim()]))
    const isShort = items.some((item) => Buffer.byteLength(item) < rule.minimumBytes)
    return isShort
      ? wrong(`must be secrets of at least ${rule.minimumBytes} bytes each, separated by commas`)
      : items.map((item) => Redacted.make(item))
  })

const keys =
  "Ed25519 keys as PEM, a JWK or a JWK set, a private one first; `openssl genpkey -algorithm ed25519` makes one"

/** undefined when unset. */
export const signingKeys = (name: string): Variable<SigningKeys | undefined> =>
  make(name, (value, wrong) =>
    value === undefined ? undefined : (parseSigningKeys(value) ?? wrong(`must be ${keys}`)),
  )

/** The same from a file. */
export const signingKeysFile = (name: string): Variable<SigningKeys | undefined> =>
  make(name, (path, wrong) => {
    if (path === undefined) return undefined
    try {
      return parseSigningKeys(readFileSync(path, "utf8")) ?? wrong(`must name a file of ${keys}`)
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error"
      return wrong(`names a file that cannot be read (${code})`)
    }
  })
