// Implements reactions and pins.
import { Effect } from "effect"
import { Limits } from "../../contract/Limits.ts"
import { recordOperations } from "../../contract/RecordsApi.ts"
import { canonicalEmoji } from "../../domain/Emoji.ts"
import { InvalidInput } from "../../domain/errors.ts"
import { Records } from "../../services/Records.ts"
import { implement } from "./Implementation.ts"

const notNext = new InvalidInput({ issues: [{ path: "before", message: "must be the next of another page" }] })
/** The schema has accepted it. */
const canonical = (emoji: string) => canonicalEmoji(emoji) ?? emoji

export const implementRecords = Effect.gen(function* () {
  const records = yield* Records
  return implement(recordOperations, {
    react: (by, { emoji, message_id, on = true }) => records.react(by, message_id, canonical(emoji), on),
    unreact: (by, { emoji, message_id }) => records.react(by, message_id, canonical(emoji), false),
    listReactions: (by, { before, emoji, limit = Limits.page.default, message_id }) =>
      Effect.flatMap(
        records.reactions(by, message_id, {
          emoji: emoji === undefined ? undefined : canonical(emoji),
          limit,
          before,
        }),
        (page) => (page === undefined ? Effect.fail(notNext) : Effect.succeed(page)),
      ),
    pin: (by, { message_id, on = true }) => records.pin(by, message_id, on),
    unpin: (by, { message_id }) => records.pin(by, message_id, false),
    listPins: (by, { chat_id }) => records.pins(by, chat_id),
  })
})
