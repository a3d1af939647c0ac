// The tokens of a program on Node, in a file that only its owner can read.
import { jsonFile } from "./JsonFile.ts"
import { isTokens, type TokenStorage } from "./TokenStorage.ts"

export const fileTokens = (path: string): TokenStorage => {
  const file = jsonFile(path, isTokens)
  return { load: () => file.read(), save: (tokens) => file.write(tokens) }
}
