// Whom a text mentions in its chat. Strangers, the sender and names over the limit are plain text.
import type { Role } from "../../domain/Chat.ts"
import type { Draft } from "../../domain/Draft.ts"
import type { UserId } from "../../domain/Ids.ts"
import { type Mentions, withMentions } from "../../domain/MessageParts.ts"
import { everyone, mostMentions, namesIn } from "../../domain/mentions.ts"
import { type ChatState, memberOf } from "./ChatState.ts"

/** `named`: users by name in lower case; undefined: there are no names in the texts. null: the text mentions nobody. */
export const mentionsIn = (
  state: ChatState,
  named: ReadonlyMap<string, UserId> | undefined,
  by: UserId,
  role: Role,
  text: string,
): Mentions | null => {
  if (named === undefined) return null
  const mayNameAll = state.type === "group" && role !== "member"
  const mentions: Array<UserId> = []
  let all = false
  for (const name of namesIn(text)) {
    if (name === everyone && mayNameAll) {
      all = true
      continue
    }
    const user_id = named.get(name)
    if (user_id === undefined || user_id === by || memberOf(state, user_id) === undefined) continue
    if (mentions.length < mostMentions) mentions.push(user_id)
  }
  return !all && mentions.length === 0
    ? null
    : { ...(mentions.length === 0 ? {} : { mentions }), ...(all ? { mentions_all: true } : {}) }
}

/** The draft with what its text mentions, and with nothing else of that. */
export const withMentionsOf = (draft: Draft, mentions: Mentions | null): Draft =>
  draft.parts === null && mentions === null ? draft : { ...draft, parts: withMentions(draft.parts, mentions) }
