// Copies of a message: answers contain its reactions, events of the message do not, and events of reactions contain
// nothing else. Each part has its own version, and the part with the greater version is newer. Messages are immutable:
// a newer copy replaces them.
import type { Message, ReactionCount } from "../../domain/Message.ts"

interface Versions {
  readonly text: number
  readonly reactions: number
}

const versions = new WeakMap<Message, Versions>()

/** An answer has all parts as of its version. */
const versionsOf = (message: Message): Versions =>
  versions.get(message) ?? { text: message.version, reactions: message.version }

/** A copy from an event of the message, which contains no reactions. */
export const fromEvent = (message: Message): Message => {
  versions.set(message, { text: message.version, reactions: 0 })
  return message
}

const made = (message: Message, of: Versions): Message => {
  versions.set(message, of)
  return message
}

/** The newest parts of both; one of them if it has all of those. */
export const newer = (a: Message, b: Message): Message => {
  const [mine, its] = [versionsOf(a), versionsOf(b)]
  const text = its.text > mine.text ? b : a
  const reactions = its.reactions > mine.reactions ? b : a
  if (text === reactions) return text
  const of = { text: Math.max(mine.text, its.text), reactions: Math.max(mine.reactions, its.reactions) }
  return made(withReactions(text, reactions.reactions, reactions.my_reactions, Math.max(of.text, of.reactions)), of)
}

const withReactions = (
  message: Message,
  all: ReadonlyArray<ReactionCount> | undefined,
  mine: ReadonlyArray<string> | undefined,
  version: number,
): Message => {
  const { reactions: _, my_reactions: __, ...rest } = message
  if (message.deleted) return { ...rest, version }
  return {
    ...rest,
    version,
    ...(all === undefined || all.length === 0 ? {} : { reactions: all }),
    ...(mine === undefined || mine.length === 0 ? {} : { my_reactions: mine }),
  }
}

/**
 * With the reactions of an event; `mine` undefined: the user's own stay unchanged. The same copy if it knows later
 * ones.
 */
export const reactedTo = (
  message: Message,
  version: number,
  all: ReadonlyArray<ReactionCount>,
  mine: ReadonlyArray<string> | undefined,
): Message => {
  const { reactions, text } = versionsOf(message)
  if (version <= reactions || message.deleted) return message
  return made(withReactions(message, all, mine ?? message.my_reactions, Math.max(text, version)), {
    text,
    reactions: version,
  })
}
