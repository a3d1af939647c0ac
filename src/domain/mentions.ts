// Finds the user names that a text mentions: `@` and a name, outside of code. Who they are, and whether the sender may
// mention all, is decided by the chat's rules.
import { codeIn } from "./codeIn.ts"

/** Mentions all members of a group. */
export const everyone = "all"

/** The maximum number of users that a message mentions. */
export const mostMentions = 50

const candidate = /(?<![A-Za-z0-9_.\-@/\\])@([A-Za-z0-9_.-]+)/g
const trailing = "._-"
/** The lengths of user names. */
const isName = (name: string): boolean => name.length >= 3 && name.length <= 32

/** Signs at its end belong to the sentence. */
const withoutTrailing = (run: string): string => {
  let end = run.length
  while (end > 0 && trailing.includes(run[end - 1]!)) end--
  return run.slice(0, end)
}

/** A place where a text may mention a user: the index of its `@`, and the name in lower case. */
export interface MentionCandidate {
  readonly start: number
  readonly name: string
}

/** In the order of the text. */
export const candidatesIn = (text: string): ReadonlyArray<MentionCandidate> => {
  if (!text.includes("@")) return []
  const candidates: Array<MentionCandidate> = []
  const code = codeIn(text)
  let next = 0
  for (const found of text.matchAll(candidate)) {
    while (next < code.length && code[next]!.end <= found.index) next++
    if (next < code.length && code[next]!.start <= found.index) continue
    const name = withoutTrailing(found[1]!).toLowerCase()
    if (isName(name)) candidates.push({ start: found.index, name })
  }
  return candidates
}

/** In lower case, each once, in the order of the text. */
export const namesIn = (text: string): ReadonlyArray<string> => [...new Set(candidatesIn(text).map(({ name }) => name))]
