// HTTP routes of reactions and pins.
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../../contract/Api.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { Limits } from "../../contract/Limits.ts"
import { canonicalEmoji } from "../../domain/Emoji.ts"
import type { MessageId } from "../../domain/Ids.ts"
import { Records } from "../../services/Records.ts"
import { malformed } from "../problems/problem.ts"
import { json } from "./answer.ts"

const emojiOf = (text: string) => {
  const emoji = canonicalEmoji(text)
  return emoji === undefined ? Effect.fail(malformed("emoji", "must be one emoji")) : Effect.succeed(emoji)
}

export const recordsHandlers = HttpApiBuilder.group(
  Api,
  "records",
  Effect.fnUntraced(function* (handlers) {
    const records = yield* Records

    const setReaction = (id: MessageId, text: string, on: boolean) =>
      Effect.gen(function* () {
        const { user_id } = yield* CurrentUser
        const emoji = yield* emojiOf(text)
        return json(yield* records.react(user_id, id, emoji, on))
      })
    const setPin = (id: MessageId, on: boolean) =>
      Effect.flatMap(CurrentUser, ({ user_id }) => records.pin(user_id, id, on))

    return handlers
      .handleRaw("react", ({ params: { emoji, id } }) => setReaction(id, emoji, true))
      .handleRaw("unreact", ({ params: { emoji, id } }) => setReaction(id, emoji, false))
      .handleRaw("reactions", ({ params: { id }, query: { before, emoji: text, limit = Limits.page.default } }) =>
        Effect.gen(function* () {
          const { user_id } = yield* CurrentUser
          const emoji = text === undefined ? undefined : yield* emojiOf(text)
          const page = yield* records.reactions(user_id, id, { emoji, limit, before })
          return page === undefined ? yield* malformed("before", "must be the next of another page") : json(page)
        }),
      )
      .handle("pin", ({ params: { id } }) => setPin(id, true))
      .handle("unpin", ({ params: { id } }) => setPin(id, false))
      .handle("pins", ({ params: { id } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => Effect.map(records.pins(user_id, id), (pins) => json(pins))),
      )
  }),
)
