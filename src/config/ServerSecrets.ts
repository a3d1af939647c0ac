// The secrets with which this server signs or has signed: from the settings, or kept in DATA_DIR.
import { Effect, type Redacted } from "effect"
import { keptSecrets } from "./KeptSecret.ts"
import { Settings } from "./Settings.ts"

/** The current one first. Empty when private keys sign and no secret was ever used. */
export const serverSecrets = Effect.gen(function* () {
  const { dataDir, databaseUrl, jwtSecret, previousSecrets, signingKeys } = yield* Settings
  const isKept = jwtSecret === undefined && databaseUrl === undefined
  const kept = isKept ? yield* keptSecrets(dataDir, { make: signingKeys === undefined }) : []
  const secrets: ReadonlyArray<Redacted.Redacted> = [
    ...(jwtSecret === undefined ? kept : [jwtSecret]),
    ...previousSecrets,
  ]
  return secrets
})
