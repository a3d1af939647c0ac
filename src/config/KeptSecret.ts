// The generated secret of an embedded server, kept in DATA_DIR. An operator rotates it by hand: the new secret on the
// first line, the previous one on the second.
import { randomBytes } from "node:crypto"
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { Data, Effect, Redacted } from "effect"

/** The kept secret cannot be read or made, or it is damaged. */
export class TokenSecretUnusable extends Data.TaggedError("TokenSecretUnusable")<{
  readonly path: string
  readonly problem: string
}> {
  override get message(): string {
    return `The secret for access tokens in ${this.path} cannot be used: ${this.problem}.`
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code

/** Creates the file atomically: writes a draft and links it, which fails when another process was faster. */
const create = (path: string): void => {
  const draft = `${path}.${randomBytes(6).toString("hex")}`
  try {
    writeFileSync(draft, `${randomBytes(48).toString("base64url")}\n`, { mode: 0o600, flag: "wx", flush: true })
    linkSync(draft, path)
  } catch (error) {
    // Some mounted file systems have no links.
    if (!hasCode(error, "EEXIST")) renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined
    throw error
  }
}

const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").flatMap((line) => line.trim() || [])

/** The first one signs. Empty only when no secret is kept and `make` is false. */
export const keptSecrets = (
  dataDir: string,
  { make }: { readonly make: boolean },
): Effect.Effect<ReadonlyArray<Redacted.Redacted>, TokenSecretUnusable> => {
  const path = join(resolve(dataDir), "jwt-secret")
  return Effect.try({
    try: () => {
      const known = read(path)
      if (known !== undefined) return linesOf(known)
      if (!make) return undefined
      mkdirSync(resolve(dataDir), { recursive: true, mode: 0o700 })
      create(path)
      return linesOf(read(path) ?? "")
    },
    catch: (error) =>
      new TokenSecretUnusable({ path, problem: error instanceof Error ? error.message : String(error) }),
  }).pipe(
    Effect.filterOrFail(
      (secrets) => secrets === undefined || (secrets.length > 0 && secrets.every((secret) => secret.length >= 43)),
      () => new TokenSecretUnusable({ path, problem: "it is too short; remove the file and a new one is made" }),
    ),
    Effect.map((secrets = []) => secrets.map((secret) => Redacted.make(secret))),
  )
}
