// The secrets that this server signs with or has signed with: given by the settings, or kept in DATA_DIR.
import { Effect, type Redacted } from "effect"
import { keptSecrets } from "./KeptSecret.ts"
import { Settings } from "./Settings.ts"

/** The one in use first. None where private keys sign, and no secret was ever in use. */
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
