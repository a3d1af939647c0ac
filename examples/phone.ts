// A phone app, or any program with a client that is generated from the server's document, here in TypeScript:
//
//   npx swagger-typescript-api generate --path http://localhost:8000/openapi.json --output . --name api.ts
//
// Swift, Kotlin and Dart have generators of their own; docs/mobile.md has what they need beside it.
import { Api } from "./api.ts"

const { CONFAB_URL = "http://localhost:8000", PHONE_LOGIN = "", PHONE_PASSWORD = "", PHONE_PEER = "" } = process.env

const api = new Api<string>({
  baseUrl: CONFAB_URL,
  securityWorker: (token) => (token === null ? {} : { headers: { authorization: `Bearer ${token}` } }),
})
const session = await fetch(`${CONFAB_URL}/token`, {
  method: "POST",
  body: new URLSearchParams({ username: PHONE_LOGIN, password: PHONE_PASSWORD }),
})
api.setSecurityData(((await session.json()) as { access_token: string }).access_token)

const { data: sent } = await api.messages.sendDirectMessage({
  recipient_id: Number(PHONE_PEER),
  text: "Sent from a phone",
  dedup_key: crypto.randomUUID(),
})
const { data: page } = await api.chats.listMessages(sent.chat_id, { limit: 50 })
console.log(page.items.map(({ seq, text }) => `${seq}: ${text}`).join("\n"))
