// A kind of record that does not exist, added to a copy of the sources: it touches at most eight files, works over HTTP and sockets, is
// stored, and reaches devices that were away.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, it } from "vitest"
import { root, run, succeeds } from "../client/installed.ts"
import { Person } from "../support/person.ts"
import { Server } from "../support/server.ts"

let copy: string

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "confab-toy-"))
  for (const name of ["src", "package.json"]) cpSync(join(root, name), join(copy, name), { recursive: true })
  cpSync(join(root, "tsconfig.json"), join(copy, "tsconfig.base.json"))
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"))
  const compilerOptions = { tsBuildInfoFile: "tsc.tsbuildinfo" }
  writeFileSync(
    join(copy, "tsconfig.json"),
    JSON.stringify({ extends: "./tsconfig.base.json", compilerOptions, include: ["src"] }),
  )
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

/** Somebody gives a message one to five stars. */
const declaration = `
import { Schema } from "effect"
import { UserId } from "../domain/Ids.ts"
import { kind } from "./Kind.ts"

export const Stars = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))

export const toy = kind({
  name: "toy",
  verb: "play",
  feature: "toys",
  ask: { stars: Stars },
  body: Schema.Struct({ stars: Schema.Finite }),
  empty: { stars: 0 },
  shows: { user_id: UserId, stars: Schema.Finite, removed: Schema.optionalKey(Schema.Literal(true)) },
  scope: "message",
  each: "user",
  whenDeleted: "removed",
  inMessage: false,
  rule: ({ ask: { stars }, on, own }) => {
    if (!on) return own === undefined ? { _tag: "Unchanged" } : { _tag: "Removed", body: own }
    return own?.stars === stars ? { _tag: "Unchanged" } : { _tag: "Kept", body: { stars } }
  },
  show: ({ body: { stars }, removed, user_id }) => ({ user_id, stars, ...(removed ? { removed } : {}) }),
})
`

type Insertion = readonly [before: string, added: string]

/** What is added to files that are there, each time before the first place that reads so. */
const insertions: Readonly<Record<string, ReadonlyArray<Insertion>>> = {
  "src/kinds/Kinds.ts": [
    [`\nexport const kinds`, `import { toy } from "./toy.ts"\n`],
    [` } as const`, `, toy`],
  ],
  "src/contract/frames/records.ts": [
    [
      `/** By \`type\`: each kind`,
      `const words = { title: "Play", summary: "Play.", description: "Play.", tag: "Messages" } as const
       const PlayFrame = clientWords(recordCommand(kinds.toy), {
         ...words, operation: "playWithMessage", answers: ["ack", "error"],
         examples: [{ name: "four", payload: { type: "play", ref: 6, message_id: 42, stars: 4 } }],
       })
       const ToyEvent = serverWords(recordEvent(kinds.toy), {
         ...words, fields: { user_id: "Who.", stars: "How many.", removed: "No more." },
         examples: [{ name: "four", payload: { type: "toy", chat_id: 7, version: 67, message_id: 42, user_id: 1, stars: 4 } }],
       })\n`,
    ],
    [`  react: ReactFrame,`, `  play: PlayFrame,\n`],
    [`  reaction: ReactionEvent,`, `  toy: ToyEvent,\n`],
  ],
  "src/contract/RecordsApi.ts": [
    [`import { nothing, ok }`, `import { Stars } from "../kinds/toy.ts"\n`],
    [
      `  pin: operation("pin", {`,
      `  play: operation("play", {
         http: ["PUT", "/messages/:id/toy"], rpc: "Play", path: ofMessage, body: Schema.Struct({ stars: Stars }),
         answer: nothing, errors: [MessageNotFound, MessageDeleted, NotAllowed, Blocked], summary: "Play",
       }),\n`,
    ],
  ],
  "src/services/Records.ts": [
    [
      `    pin(\n`,
      `    play(by: UserId, message_id: MessageId, stars: number): Effect.Effect<
       void, MessageNotFound | MessageDeleted | NotAllowed | Blocked | TooManyRequests | Unavailable
     >\n`,
    ],
    [
      `        pin: Effect.fn`,
      `        play: Effect.fn("Records.play")((by, message_id, stars) =>
           Effect.asVoid(set(by, "toy", message_id, true, { stars })).pipe(
             Effect.catchTags({ TooManyPins: Effect.die, TooManyReactions: Effect.die }),
           ),
         ),\n`,
    ],
  ],
  "src/edge/operations/records.ts": [
    [`    pin: (by`, `    play: (by, { message_id, stars }) => records.play(by, message_id, stars),\n`],
  ],
  "src/client/connection/parseFrame.ts": [
    [`  pin: { ...inChat`, `  toy: { ...inChat, message_id: "number", user_id: "number", stars: "number" },\n`],
  ],
  "src/client/state/ChatModel.ts": [[`      // Sync handles these.`, `      case "toy":\n`]],
}

const declared = "src/kinds/toy.ts"

const add = (path: string): void => {
  let code = path === declared ? declaration : readFileSync(join(copy, path), "utf8")
  for (const [before, added] of insertions[path] ?? []) {
    const at = code.indexOf(before)
    assert.isAtLeast(at, 0, `${path} has ${before}`)
    code = code.slice(0, at) + added + code.slice(at)
  }
  writeFileSync(join(copy, path), code)
}

const compile = [join(root, "node_modules/typescript/bin/tsc"), "-p", "."]

/** The files in which the compiler finds something. */
const complaints = async (): Promise<ReadonlyArray<string>> => {
  const { output } = await run(process.execPath, compile, copy)
  return [...new Set([...output.matchAll(/^(\S+?)\(\d+,\d+\): error /gm)].map(([, file = ""]) => file))].toSorted()
}

it("touches at most eight files of src, and the compiler asks for those that nobody calls", {
  timeout: 240_000,
}, async () => {
  const files = [declared, ...Object.keys(insertions)]
  assert.isAtMost(files.length, 8)
  const asked = files.filter((path) => path.startsWith("src/client/"))
  for (const path of files) if (!asked.includes(path)) add(path)
  assert.deepStrictEqual(await complaints(), asked)
  for (const path of asked) add(path)
  // It looks at what has changed.
  await succeeds(process.execPath, compile, copy)

  await using server = await Server.start({
    program: [join(copy, "src/main.ts")],
    // Nothing starts this copy again.
    env: { NODE_DISABLE_COMPILE_CACHE: "1" },
  })
  const [ann, bob] = [await Person.signUp(server.url, "ann"), await Person.signUp(server.url, "bob")]
  const chat_id = await ann.group("A group", bob)
  const { id: message_id, version } = await bob.ok("POST", `/chats/${chat_id}/messages`, { text: "How many?" })
  const [hers, his] = [await ann.connect(), await bob.connect()]
  assert.include(his.heard[0]?.features, "toys")
  assert.include(await hers.ask({ type: "play", message_id, stars: 4 }), { type: "ack", message_id })
  const shown = { type: "toy", chat_id, message_id, user_id: ann.id }
  await his.hears({ ...shown, stars: 4 })
  assert.include(await hers.ask({ type: "play", message_id, stars: 6 }), { type: "error", code: "invalid" })
  await his.close()
  await ann.ok("PUT", `/messages/${message_id}/toy`, { stars: 2 })
  await hers.close()
  await server.restart()
  const again = await (await bob.at(server.url)).connect()
  again.send({ type: "sync", cursors: { [chat_id]: version } })
  await again.hears({ ...shown, stars: 2 })
  await again.close()
})
