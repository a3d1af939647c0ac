// Reads a secret from a file, as containers and service managers provide it. No problem quotes its content.
import { closeSync, openSync, readSync } from "node:fs"

/** More than any key set has. The limit is needed because a wrong path may name an endless device. */
const longest = 65_536

/** The text, or the problem, which never quotes the text. */
export const readSecretFile = (path: string): { readonly text: string } | { readonly problem: string } => {
  const bytes = Buffer.alloc(longest + 1)
  let length = 0
  try {
    const file = openSync(path, "r")
    try {
      for (let read = -1; read !== 0 && length < bytes.length; length += read) {
        read = readSync(file, bytes, length, bytes.length - length, null)
      }
    } finally {
      closeSync(file)
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error"
    return { problem: `names a file that cannot be read (${code})` }
  }
  if (length > longest) return { problem: `names a file of more than ${longest} bytes` }
  const text = bytes.toString("utf8", 0, length).trim()
  return text === "" ? { problem: "names an empty file" } : { text }
}
