// A third-party generator makes a client of the document, and the compiler accepts its use.
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { generateApi } from "swagger-typescript-api"
import { makeOpenApi } from "../../src/contract/openapi.ts"

const run = promisify(execFile)
const root = join(import.meta.dirname, "../..")

const use = `
import { Api, type ChatPage, type Message, type NewChat, type UserList } from "./client"
const { chats, messages, history, me, users } = new Api({ baseUrl: "http://localhost:8000" })
const sent = await chats.sendMessage(1, { text: "hello", dedup_key: "k" })
const seq: number = sent.data.seq
const page = await chats.listMessages(1, { limit: 10 })
const texts: string[] = page.data.items.map((message) => message.text)
const first: number | undefined = (await history.getHistory(1)).data[0]?.id
await messages.editMessage(1, { text: "hello again" })
const mentions = await me.listMentions({ before: page.data.items[0]?.id })
const found: UserList = (await users.searchUsers({ ids: "1,2" })).data
const mine: ChatPage = (await chats.listChats()).data
const editedAt: string | null | undefined = mine.items[0]?.last_message?.edited_at
// @ts-expect-error null is possible
const replyTo: number = mentions.data.items[0]!.reply_to
const custom = (message: Message): unknown => message.custom?.anything
const name = (chat: NewChat): string | undefined => (chat.type === "group" ? chat.name : undefined)
// @ts-expect-error a text is wanted
await chats.sendMessage(1, { text: 1 })
// @ts-expect-error a number is wanted
await messages.editMessage("one", { text: "hello" })
export { custom, editedAt, first, found, name, replyTo, seq, texts }
`
const tsconfig = {
  compilerOptions: {
    ...{ strict: true, noEmit: true, skipLibCheck: true, target: "esnext", module: "esnext", types: [] },
    ...{ moduleResolution: "bundler", lib: ["esnext", "dom", "dom.iterable"] },
  },
  include: ["use.ts", "client.ts"],
}

describe("the OpenAPI document", () => {
  it("makes a client that compiles", { timeout: 60_000 }, async () => {
    // Inside the checkout, so that the client finds the types that it imports.
    const folder = await mkdtemp(join(root, "node_modules/.confab-client-"))
    try {
      const spec = JSON.parse(JSON.stringify(makeOpenApi()))
      await generateApi({ spec, output: folder, fileName: "client.ts", silent: true, httpClientType: "fetch" })
      await writeFile(join(folder, "use.ts"), use)
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify(tsconfig))
      await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]).catch((error) =>
        assert.fail(error.stdout),
      )
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
