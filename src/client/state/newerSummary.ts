// A chat's summary replaces the one of its record, if it is newer: an absent field is gone.
import type { Chat } from "../../domain/Chat.ts"
import type { ChatUpdatedFrame } from "./Replay.ts"

export const newerSummary = (known: Chat, { chat: summary, version }: ChatUpdatedFrame): Chat => {
  if (version < known.version) return known
  const { avatar: _a, custom: _, description: _d, ...chat } = known
  const { avatar, custom, description, member_count, name } = summary
  return {
    ...chat,
    name,
    version,
    member_count,
    ...(description === undefined ? {} : { description }),
    ...(avatar === undefined ? {} : { avatar }),
    ...(custom === undefined ? {} : { custom }),
  }
}
