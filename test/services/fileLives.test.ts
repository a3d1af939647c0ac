// Random lives of files, in which the server is killed between any two steps of an upload, a deletion and a collection.
// No message is ever without its bytes, and after a collection no bytes are without an owner. FILE_LIVES makes it longer,
// FILE_LIVES_SEED repeats it.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, it } from "@effect/vitest"
import { Clock, Effect, Layer, Record } from "effect"
import { TestClock } from "effect/testing"
import { Blobs } from "../../src/blobs/Blobs.ts"
import type { FileSettings } from "../../src/config/fileSettings.ts"
import { Settings } from "../../src/config/Settings.ts"
import type { BlobId, FileId } from "../../src/domain/File.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Pictures } from "../../src/pictures/Pictures.ts"
import { Scanner } from "../../src/scanner/Scanner.ts"
import { collectFiles } from "../../src/services/files/collectFiles.ts"
import { makeReceiveFile } from "../../src/services/files/receiveFile.ts"
import { FileStore } from "../../src/sql/files/FileStore.ts"
import { attachmentKey, Tables } from "../../src/sql/memory/Tables.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { Random } from "../faults/Random.ts"
import { S3Store, s3Place } from "../support/s3.ts"

const hour = 3_600_000

/** On disk, and a fifth as many in an S3 store. */
const total = Number(process.env.FILE_LIVES ?? 1_000)
const first = Number(process.env.FILE_LIVES_SEED ?? 1)
/** That share one place and one seed; the next ones have the next seed. */
const most = 1_000

class Killed extends Error {}

/** Dies before or after any call, as a server that is killed. */
const mortal = <S extends object>(service: S, dies: () => boolean): S => {
  const step = Effect.suspend(() => (dies() ? Effect.die(new Killed()) : Effect.void))
  const around = <A, E, R>(call: Effect.Effect<A, E, R>) =>
    Effect.andThen(
      step,
      Effect.tap(call, () => step),
    )
  return Record.map({ ...service } as Record<string, unknown>, (member) =>
    typeof member === "function"
      ? (...args: ReadonlyArray<unknown>) => around(member(...args))
      : Effect.isEffect(member)
        ? around(member)
        : member,
  ) as S
}

const directory = mkdtempSync(join(tmpdir(), "confab-lives-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const limits = { maxBytes: 1_000_000, quotaBytes: null, scanner: undefined }

/** Where bytes are, as seen from outside. */
interface Place {
  readonly files: FileSettings
  /** The names of all bytes. */
  readonly stored: () => ReadonlyArray<string>
  readonly pathOf: (blob: BlobId) => string
}

const onDisk = Effect.sync((): Place => {
  const own = mkdtempSync(join(directory, "files-"))
  return {
    files: { _tag: "Directory", directory: own, isChosen: true, ...limits },
    stored: () => {
      const names = readdirSync(own, { recursive: true, withFileTypes: true })
      return names.filter((entry) => entry.isFile() && !entry.parentPath.endsWith("tmp")).map(({ name }) => name)
    },
    pathOf: (blob) => join(own, blob.slice(0, 2), blob),
  }
})

const inS3 = Effect.map(
  Effect.acquireRelease(
    Effect.promise(() => S3Store.start()),
    (store) => Effect.promise(() => store[Symbol.asyncDispose]()),
  ),
  (store): Place => ({
    files: { _tag: "S3", ...s3Place(store.url, directory), ...limits },
    stored: () => store.names(),
    pathOf: (blob) => store.pathOf(blob),
  }),
)

const live = Effect.fnUntraced(function* (place: Place, lives: number, seed: number) {
  const random = new Random(seed)
  let isMortal = true
  let kills = 0
  const dies = () => {
    if (!isMortal || !random.chance(0.06)) return false
    kills++
    return true
  }
  const tables = yield* Tables
  const store = yield* FileStore
  const around = Layer.mergeAll(
    Layer.succeed(FileStore, mortal(store, dies)),
    Layer.effect(
      Blobs,
      Effect.map(Blobs, (blobs) => mortal(blobs, dies)),
    ),
  )
  const { blobs, collect, receive } = yield* Effect.all({
    blobs: Blobs,
    collect: collectFiles(5),
    receive: makeReceiveFile,
  }).pipe(Effect.provide(around))

  const owner = yield* (yield* UserStore).create({
    username: "owner",
    email: "owner@example.org",
    display_name: "Owner",
    password_hash: "h",
    created_at: 0,
  })
  const chat_id = 1 as ChatId
  /** What each file has. */
  const contents = new Map<FileId, string>()
  let seq = 0

  const upload = Effect.gen(function* () {
    // Few different contents, so that many files have the same bytes.
    const content = `content ${random.between(1, 12)}`
    const chunks = async function* () {
      yield Buffer.from(content)
    }
    const spooled = yield* blobs.spool(chunks())
    const about = { owner_id: owner.id, name: "a", as: undefined, duration_ms: undefined, waveform: undefined }
    const { id } = yield* receive(spooled, about, null)
    contents.set(id, content)
  }).pipe(Effect.scoped)

  const attach = Effect.gen(function* () {
    const ids = [...tables.files.keys()]
    if (ids.length === 0) return
    const held = yield* store.hold([random.pick(ids)], owner.id as UserId, yield* Clock.currentTimeMillis)
    // The actor's commit comes later, and may never come.
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    if (random.chance(0.2)) return
    for (const { id, kind } of held) {
      const row = { chat_id, seq: ++seq, place: 0, file_id: id, kind }
      tables.attachments.set(attachmentKey(row), row)
    }
  })
  const detach = Effect.sync(() => {
    const keys = [...tables.attachments.keys()]
    if (keys.length > 0) tables.attachments.delete(random.pick(keys))
  })
  const remove = Effect.gen(function* () {
    const ids = [...tables.files.keys()]
    if (ids.length > 0) yield* store.remove(random.pick(ids), owner.id, yield* Clock.currentTimeMillis)
  })

  const holds = () => {
    for (const { file_id } of tables.attachments.values()) {
      const file = tables.files.get(file_id)
      assert.isDefined(file, `a message has the file ${file_id}`)
      const bytes = readFileSync(place.pathOf(file.blob), "utf8")
      // The upload may have been killed before it could say what it stored.
      assert.strictEqual(bytes, contents.get(file_id) ?? bytes)
    }
  }

  for (let life = 0; life < lives; life += 4) {
    const some = Array.from({ length: 4 }, () =>
      random.pick([upload, upload, upload, attach, attach, detach, remove, collect, collect]),
    )
    const exits = yield* Effect.all(some.map(Effect.exit), { concurrency: "unbounded" })
    for (const exit of exits) {
      if (
        exit._tag === "Failure" &&
        !exit.cause.reasons.every((reason) => reason._tag === "Die" && reason.defect instanceof Killed)
      ) {
        return yield* Effect.failCause(exit.cause)
      }
    }
    yield* TestClock.adjust(random.between(0, 2 * hour))
    holds()
  }
  assert.isAbove(kills, lives / 10)
  assert.isAbove(tables.attachments.size, lives / 100)

  isMortal = false
  for (let day = 0; day < 4; day++) {
    yield* TestClock.adjust(25 * hour)
    while ((yield* collect) > 0);
  }
  holds()
  const used = new Set([...tables.files.values()].map(({ blob }) => blob))
  assert.sameMembers([...place.stored()], [...used])
  assert.sameMembers([...tables.blobs.keys()], [...used])
  const attached = new Set([...tables.attachments.values()].map(({ file_id }) => file_id))
  assert.sameMembers([...tables.files.keys()], [...attached])
})

const layersOf = ({ files }: Place) =>
  Layer.mergeAll(FileStore.layerMemory, UserStore.layerMemory, Blobs.layer, Pictures.layerNone, Scanner.layerNone).pipe(
    Layer.provideMerge(Layer.mergeAll(Tables.layer, Settings.layerTest({ files }))),
  )

for (const [where, place, count] of [
  ["on disk", onDisk, total],
  ["in an S3 store", inS3, Math.ceil(total / 5)],
] as const) {
  it.effect(
    `${count} lives of files ${where} end with every message's bytes and no others, from seed ${first} on`,
    () =>
      Effect.gen(function* () {
        for (let lived = 0, seed = first; lived < count; lived += most, seed++) {
          const here = yield* place
          yield* live(here, Math.min(most, count - lived), seed).pipe(
            Effect.provide(layersOf(here)),
            Effect.tapCause(() => Effect.sync(() => console.error(`Repeat it with FILE_LIVES_SEED=${seed}`))),
            Effect.scoped,
          )
        }
      }),
    Math.max(120_000, count * 100),
  )
}
