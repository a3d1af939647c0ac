// Fills a server with the demo's users, chats and messages; existing ones stay as they are.
import { Clock, Console, Effect } from "effect"
import { HttpClient } from "effect/http"
import { timestamp } from "../domain/Timestamp.ts"
import {
  alice,
  bob,
  type DemoPerson,
  david,
  draft,
  emailOf,
  groupLines,
  groupName,
  groupReactions,
  type Line,
  muted,
  password,
  people,
  pinned,
  privateLines,
  scheduled,
} from "./conversation.ts"
import { DemoApi, DemoFailed, type SignedIn } from "./DemoApi.ts"

/** Milliseconds. */
const tomorrow = 24 * 60 * 60_000

/** Each line has its own key, so that a second run finds the messages of the first instead of repeating them. */
const speak = Effect.fnUntraced(function* (
  api: DemoApi,
  signedIn: ReadonlyMap<DemoPerson, SignedIn>,
  chat_id: number,
  lines: ReadonlyArray<Line>,
) {
  const ids: Array<number> = []
  let added = 0
  for (const [index, line] of lines.entries()) {
    const by = signedIn.get(line.by)
    if (by === undefined) return yield* new DemoFailed({ message: `${line.by.username} is not signed in.` })
    const reply_to = line.answers === undefined ? null : (ids[line.answers] ?? null)
    const said = yield* api.say(by, chat_id, { text: line.text, dedup_key: `demo-${index + 1}`, reply_to })
    ids.push(said.id)
    if (said.isNew) added++
  }
  return { ids, added }
})

/** What is to be seen in the group and by its members: reactions, a pin, a draft, a muted chat, a scheduled message. */
const decorate = Effect.fnUntraced(function* (
  api: DemoApi,
  of: (person: DemoPerson) => SignedIn,
  privateId: number,
  groupId: number,
  ids: ReadonlyArray<number>,
) {
  for (const { by, emoji, line } of groupReactions) yield* api.react(of(by), ids[line]!, emoji)
  yield* api.pin(of(pinned.by), ids[pinned.line]!)
  yield* api.keep(of(draft.by), `draft:${privateId}`, draft.value)
  yield* api.keep(of(muted.by), `chat:${groupId}`, muted.value)
  const at = (yield* Clock.currentTimeMillis) + tomorrow
  yield* api.schedule(of(scheduled.by), groupId, timestamp(at), scheduled.text)
})

export const fill = Effect.fn("demo.fill")(function* (url: string) {
  const api = new DemoApi(yield* HttpClient.HttpClient, url)
  const signedIn = new Map<DemoPerson, SignedIn>()
  for (const person of people) signedIn.set(person, yield* api.signIn(person))
  const [first, second, ...others] = [...signedIn.values()] as [SignedIn, SignedIn, ...Array<SignedIn>]
  const privateId = yield* api.privateChat(first, second)
  const groupId = yield* api.group(first, groupName, [second, ...others])
  const inPrivate = yield* speak(api, signedIn, privateId, privateLines)
  const inGroup = yield* speak(api, signedIn, groupId, groupLines)
  const added = inPrivate.added + inGroup.added
  yield* decorate(api, (person) => signedIn.get(person)!, privateId, groupId, inGroup.ids)

  yield* Console.log(
    [
      added === 0 ? "The demo data was there already." : `The demo data is there: ${added} new messages.`,
      "",
      ...people.map((person) => `  ${emailOf(person).padEnd(20)} ${password}`),
      "",
      `  ${alice.display_name} and ${bob.display_name} have a private chat (${privateId}); all four are in «${groupName}» (${groupId}).`,
      `  The group has reactions, threads, mentions and a pin, and is muted for ${david.display_name}; ${bob.display_name} has a draft for ${alice.display_name}, and ${alice.display_name} a scheduled message.`,
    ].join("\n"),
  )
})
