// Settings in a file: `.env` of the working directory, or the one that ENV_FILE names. The environment wins over it.
import { readFileSync } from "node:fs"
import { parseEnv } from "node:util"
import { Effect } from "effect"
import { InvalidSettings } from "./InvalidSettings.ts"

export const envFileVariable = "ENV_FILE"
const byDefault = ".env"

/** Adds the file's settings to this process's environment. */
const readEnvFile = (env: NodeJS.ProcessEnv = process.env): void => {
  const named = env[envFileVariable]?.trim() || undefined
  let text: string
  try {
    text = readFileSync(named ?? byDefault, "utf8")
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined
    if (named === undefined && (code === "ENOENT" || code === "EISDIR")) return
    const problem = `names the file ${named ?? byDefault}, which cannot be read (${code})`
    throw new InvalidSettings({ problems: [{ variable: envFileVariable, problem }] })
  }
  for (const [name, value] of Object.entries(parseEnv(text))) env[name] ??= value
}

/** Fails if the file was named and cannot be read. */
export const envFile: Effect.Effect<void, InvalidSettings> = Effect.try({
  try: () => readEnvFile(),
  catch: (cause) => {
    if (cause instanceof InvalidSettings) return cause
    throw cause
  },
})
