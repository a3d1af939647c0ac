// The content of the server under test: two users, chats, messages, and their secrets.
import type { Random } from "../../faults/Random.ts"
import { Person } from "../../support/person.ts"

/** Parts of the users' secrets; none may appear in a log or in an error. */
export const secrets = { password: "secret-password", text: "secret-text", mail: "@secret-mail.example" } as const

export interface World {
  readonly ada: Person
  readonly bob: Person
  readonly chat_id: number
  /** Ada's second session; it may be lost. */
  readonly spare: { readonly token: string; readonly refresh_token: string; readonly session_id: string }
  /** A value for a field of this name that is good, or good elsewhere. */
  readonly known: (random: Random) => (name: string) => number | string
}

const sessionOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).sid

export const newWorld = async (url: string): Promise<World> => {
  const [ada, bob] = [await Person.signUp(url, "ada"), await Person.signUp(url, "bob")]
  const spare = { token: ada.access_token, refresh_token: ada.refresh_token, session_id: sessionOf(ada.access_token) }
  await ada.logIn()
  const chat_id = await ada.group("Fuzz", bob)
  const messages: Array<number> = []
  for (const text of ["one", "two", "three"]) {
    messages.push((await ada.ok("POST", `/chats/${chat_id}/messages`, { text: `${secrets.text} ${text}` })).id)
  }
  const ids = [chat_id, await ada.privateChat(bob), ada.id, bob.id, ...messages, 1, 987_654_321]
  return {
    ada,
    bob,
    chat_id,
    spare,
    known: (random) => (name) => {
      const some = random.between(0, 2_000_000_000).toString(36)
      if (/(^|_)ids?$|^reply_to$/.test(name)) return random.chance(0.5) ? chat_id : random.pick(ids)
      if (/^(limit|offset|before|after|seq|version|last_.*)$/.test(name)) return random.between(0, 60)
      if (/^(login|username)$/.test(name)) return random.chance(0.5) ? ada.username : `u${some}`
      if (name === "email") return `${some}${secrets.mail}`
      if (/password/.test(name)) return `${secrets.password} ${some}`
      if (/token/.test(name)) return random.chance(0.5) ? spare.refresh_token : some
      if (name === "dedup_key") return `key-${random.between(1, 5)}`
      if (name === "ref") return random.chance(0.5) ? random.between(0, 99) : some
      return `${secrets.text} ${some}`
    },
  }
}

/** What the server has written down and must not have. */
export const leaks = (logs: string, { ada, bob, spare }: World): ReadonlyArray<string> => {
  const tokens = [ada, bob].flatMap(({ access_token, refresh_token }) => [access_token, refresh_token])
  const forbidden = [
    ...Object.values(secrets),
    ...tokens,
    spare.token,
    spare.refresh_token,
    ada.password,
    "@example.com",
    "eyJ",
  ]
  return forbidden.filter((word) => logs.includes(word))
}
