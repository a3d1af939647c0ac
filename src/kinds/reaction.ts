// One member's reactions to one message: a set of emoji, shown together with those of others.
import { Schema } from "effect"
import { canonicalEmoji, Emoji } from "../domain/Emoji.ts"
import { MessageDeleted, TooManyReactions } from "../domain/errors.ts"
import { UserId } from "../domain/Ids.ts"
import { ReactionCount } from "../domain/Message.ts"
import { kind } from "./Kind.ts"

/** The maximum number of different emoji on a message. */
export const maxReactions = 20

export const reaction = kind({
  name: "reaction",
  verb: "react",
  feature: "reactions",
  ask: { emoji: Emoji },
  /** When each emoji was added, epoch milliseconds. */
  body: Schema.Record(Schema.String, Schema.Finite),
  empty: {},
  shows: { user_id: UserId, emojis: Schema.Array(Schema.String), reactions: Schema.Array(ReactionCount) },
  scope: "message",
  each: "user",
  whenDeleted: "dropped",
  inMessage: true,
  rule: ({ ask, at, deleted, on, own = {}, tallies }) => {
    const emoji = canonicalEmoji(ask.emoji) ?? ask.emoji
    if (deleted) return { _tag: "Refused", error: new MessageDeleted() }
    if (on === Object.hasOwn(own, emoji)) return { _tag: "Unchanged" }
    if (on) {
      if (tallies.length >= maxReactions && tallies.every(({ key }) => key !== emoji)) {
        return { _tag: "Refused", error: new TooManyReactions({ max_reactions: maxReactions }) }
      }
      return { _tag: "Kept", body: { ...own, [emoji]: at } }
    }
    const { [emoji]: _, ...body } = own
    return { _tag: Object.keys(body).length === 0 ? "Removed" : "Kept", body }
  },
  show: ({ body, user_id }, tallies) => ({
    user_id,
    emojis: emojisOf(body),
    reactions: tallies.map(({ count, key }) => ({ emoji: key, count })),
  }),
})

/** In the order in which they were added. */
const emojisOf = (body: Readonly<Record<string, number>>): ReadonlyArray<string> =>
  Object.entries(body)
    .sort(([a, at], [b, bt]) => at - bt || (a < b ? -1 : 1))
    .map(([emoji]) => emoji)
