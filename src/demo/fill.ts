// Fills a server with the demo's users, chats and messages; existing ones stay as they are.
import { Console, Effect } from "effect"
import { HttpClient } from "effect/http"
import {
  alice,
  bob,
  type DemoPerson,
  emailOf,
  groupLines,
  groupName,
  type Line,
  password,
  people,
  privateLines,
} from "./conversation.ts"
import { DemoApi, DemoFailed, type SignedIn } from "./DemoApi.ts"

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
  return added
})

export const fill = Effect.fn("demo.fill")(function* (url: string) {
  const api = new DemoApi(yield* HttpClient.HttpClient, url)
  const signedIn = new Map<DemoPerson, SignedIn>()
  for (const person of people) signedIn.set(person, yield* api.signIn(person))
  const [first, second, ...others] = [...signedIn.values()] as [SignedIn, SignedIn, ...Array<SignedIn>]
  const privateId = yield* api.privateChat(first, second)
  const groupId = yield* api.group(first, groupName, [second, ...others])
  const added =
    (yield* speak(api, signedIn, privateId, privateLines)) + (yield* speak(api, signedIn, groupId, groupLines))

  yield* Console.log(
    [
      added === 0 ? "The demo data was there already." : `The demo data is there: ${added} new messages.`,
      "",
      ...people.map((person) => `  ${emailOf(person).padEnd(20)} ${password}`),
      "",
      `  ${alice.display_name} and ${bob.display_name} have a private chat (${privateId}); all four are in «${groupName}» (${groupId}).`,
    ].join("\n"),
  )
})
