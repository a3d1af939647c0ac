// The names of a user from another issuer: those from the token if they are valid and free, otherwise a name that no
// other user can have.
import { createHash } from "node:crypto"
import { Schema } from "effect"
import { storedName } from "../../domain/Name.ts"
import { DisplayName, Email, Username } from "../../domain/User.ts"
import type { Identity } from "../../sql/identities/IdentityStore.ts"
import type { ForeignClaims } from "./ForeignToken.ts"

export interface ForeignNames {
  /** The preferred one first. */
  readonly usernames: readonly [string, ...Array<string>]
  readonly emails: readonly [string, ...Array<string>]
  /** The user name when undefined. */
  readonly display_name: string | undefined
}

const isUsername = Schema.is(Username)
const isDisplayName = Schema.is(DisplayName)
const isEmail = Schema.is(Email)
const longest = 32

/** Reduces the text to characters that a user name may have; takes the part of an address before the @. */
const cleaned = (wish: string | undefined): string =>
  (wish ?? "")
    .replace(/@.*$/s, "")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-zA-Z0-9_.-]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "")
    .slice(0, longest)

export const foreignNames = (
  { issuer, subject }: Identity,
  { email, name, preferred_username }: Pick<ForeignClaims, "email" | "name" | "preferred_username">,
): ForeignNames => {
  const tag = createHash("sha256")
    .update(JSON.stringify([issuer, subject]))
    .digest("hex")
  const wishes = [cleaned(preferred_username), cleaned(name)].filter((wish) => isUsername(wish))
  const [stem = "user"] = wishes
  const [first = `${stem.slice(0, longest - 9)}-${tag.slice(0, 8)}`, ...others] = wishes
  const shown = [...(name ?? "")].slice(0, 64).join("")
  const nowhere = `${tag.slice(0, 32)}@users.invalid`
  return {
    usernames: [first, ...others, `${stem.slice(0, longest - 9)}-${tag.slice(0, 8)}`, `user-${tag.slice(0, 27)}`],
    emails: email !== undefined && isEmail(email) ? [email, nowhere] : [nowhere],
    display_name: isDisplayName(shown) ? storedName(shown) : undefined,
  }
}
