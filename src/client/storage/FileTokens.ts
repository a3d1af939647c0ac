// The tokens of a program on Node, in a file that only its owner can read.
import { jsonFile } from "./JsonFile.ts"
import type { TokenStorage, Tokens } from "./TokenStorage.ts"

const isTokens = (value: unknown): value is Tokens =>
  typeof value === "object" &&
  value !== null &&
  "accessToken" in value &&
  typeof value.accessToken === "string" &&
  "refreshToken" in value &&
  typeof value.refreshToken === "string" &&
  "expiresAt" in value &&
  typeof value.expiresAt === "number"

export const fileTokens = (path: string): TokenStorage => {
  const file = jsonFile(path, isTokens)
  return { load: () => file.read(), save: (tokens) => file.write(tokens) }
}
