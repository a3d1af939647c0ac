// The key that access tokens are signed with: JWT_SECRET, or in embedded mode one that is made once and kept in DATA_DIR.
import { randomBytes } from "node:crypto"
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { Context, Data, Effect, Layer, Redacted } from "effect"
import { Settings } from "../config/Settings.ts"

/** The kept secret cannot be read, made, or is damaged. */
export class TokenSecretUnusable extends Data.TaggedError("TokenSecretUnusable")<{
  readonly path: string
  readonly problem: string
}> {
  override get message(): string {
    return `The secret for access tokens in ${this.path} cannot be used: ${this.problem}.`
  }
}

export class TokenSecret extends Context.Service<TokenSecret, Redacted.Redacted>()("confab/services/TokenSecret") {
  static readonly layer: Layer.Layer<TokenSecret, TokenSecretUnusable, Settings> = Layer.effect(
    TokenSecret,
    Effect.flatMap(Settings, ({ jwtSecret, dataDir }) =>
      jwtSecret === undefined ? kept(resolve(dataDir)) : Effect.succeed(jwtSecret),
    ),
  )
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code

/** Whole or not there: written under another name, then linked, which fails when somebody else was faster. */
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
    return readFileSync(path, "utf8").trim()
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined
    throw error
  }
}

const kept = (dataDir: string) => {
  const path = join(dataDir, "jwt-secret")
  return Effect.try({
    try: () => {
      const known = read(path)
      if (known !== undefined) return known
      mkdirSync(dataDir, { recursive: true, mode: 0o700 })
      create(path)
      return read(path) ?? ""
    },
    catch: (error) =>
      new TokenSecretUnusable({ path, problem: error instanceof Error ? error.message : String(error) }),
  }).pipe(
    Effect.filterOrFail(
      (secret) => secret.length >= 43,
      () => new TokenSecretUnusable({ path, problem: "it is too short; remove the file and a new one is made" }),
    ),
    Effect.map((secret) => Redacted.make(secret)),
  )
}
