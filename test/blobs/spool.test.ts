// An upload on its way to the disk is written while its next piece arrives: a write that fails, the last one too, fails the upload, and
// nothing is flushed before all of it is written.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { vi } from "vitest"
import { makeSpool } from "../../src/blobs/spool.ts"

const directory = mkdtempSync(join(tmpdir(), "confab-spool-"))
let prototype: FileHandle

beforeEach(async () => {
  const file = await open(directory, "r")
  prototype = Object.getPrototypeOf(file)
  await file.close()
})
afterEach(() => {
  vi.restoreAllMocks()
})

afterAll(() => rmSync(directory, { recursive: true, force: true }))

const pieces = ["one ", "two ", "three"]
const arriving = async function* () {
  for (const piece of pieces) yield Buffer.from(piece)
}

const upload = <A>(use: (path: string) => A) =>
  Effect.gen(function* () {
    const { spool } = yield* makeSpool(directory)
    const { path, size } = yield* spool(arriving())
    return { size, found: use(path) }
  }).pipe(Effect.scoped)

describe("an upload", () => {
  it.effect("is written whole, and flushed after its last write", () =>
    Effect.gen(function* () {
      const { sync, write } = prototype
      let writing = 0
      vi.spyOn(prototype, "write").mockImplementation(async function (this: FileHandle, ...given: Array<unknown>) {
        writing++
        // A slow disk: everything else that can go on does.
        for (let i = 0; i < 10; i++) await new Promise<void>((resolve) => setImmediate(resolve))
        const written = await Reflect.apply(write, this, given)
        writing--
        return written
      })
      const writingAtFlush: Array<number> = []
      vi.spyOn(prototype, "sync").mockImplementation(function (this: FileHandle) {
        writingAtFlush.push(writing)
        return Reflect.apply(sync, this, [])
      })
      const { found, size } = yield* upload((path) => readFileSync(path, "utf8"))
      assert.strictEqual(found, pieces.join(""))
      assert.strictEqual(size, found.length)
      assert.deepStrictEqual(writingAtFlush, [0])
    }),
  )

  for (const [i, piece] of pieces.entries()) {
    it.effect(`fails when the disk is full at piece ${i + 1} of ${pieces.length}`, () =>
      Effect.gen(function* () {
        const { write } = prototype
        vi.spyOn(prototype, "write").mockImplementation(function (this: FileHandle, ...given: Array<unknown>) {
          const isFull = Buffer.from(given[0] as Uint8Array).toString() === piece
          return isFull
            ? Promise.reject(Object.assign(new Error("No space left on device"), { code: "ENOSPC" }))
            : Reflect.apply(write, this, given)
        })
        const error = yield* Effect.flip(upload(() => undefined))
        assert.strictEqual(error._tag, "Unavailable")
      }),
    )
  }
})
