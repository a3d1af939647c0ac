// The kinds of environment variables for authentication: secrets, keys and the trusted issuer.
import { Redacted } from "effect"
import { parseSigningKeys, type SigningKeys } from "./SigningKeys.ts"
import { make, makeSecret, type Variable } from "./Variable.ts"

/** A comma-separated list; empty when unset. */
export const secrets = (
  name: string,
  rule: { readonly minimumBytes: number },
): Variable<ReadonlyArray<Redacted.Redacted>> =>
  makeSecret(name, (value, wrong) => {
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
  makeSecret(name, (value, wrong) =>
    value === undefined ? undefined : (parseSigningKeys(value) ?? wrong(`must be ${keys}`)),
  )

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** An https URL, or an http URL of this machine; undefined when unset. Problems never quote the value. */
export const keySetUrl = (name: string): Variable<URL | undefined> =>
  make(name, (value, wrong) => {
    if (value === undefined) return undefined
    const url = URL.canParse(value) ? new URL(value) : undefined
    if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
      return wrong(
        "must be a URL such as https://login.example.org/.well-known/jwks.json; a shared secret (HS256) is not accepted, docs/security.md has the reason and a way",
      )
    }
    if (url.protocol === "http:" && !loopback.test(url.hostname)) {
      return wrong("must begin with https://: an attacker who replaces these keys in transit can sign in as any user")
    }
    return url.username === "" && url.password === "" ? url : wrong("must have no user and password in it")
  })

/** One line of text; undefined when unset. `taken` is a value that it must not have. */
export const name = (variable: string, taken?: string): Variable<string | undefined> =>
  make(variable, (value, wrong) =>
    value !== undefined && value === taken ? wrong(`must not be ${taken}, which is this server's own`) : value,
  )
