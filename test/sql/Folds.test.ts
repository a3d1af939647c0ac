import { assert, describe, it } from "@effect/vitest"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Folds } from "../../src/sql/journal/Folds.ts"
import { sending } from "../support/sql.ts"

const change = (chat: number, last_seq: number, sent: number) =>
  sending(
    chat as ChatId,
    { version: last_seq - sent + 1, last_seq: last_seq - sent },
    1 as UserId,
    Array.from({ length: sent }, () => "text"),
  )
const never = () => false

describe("folds", () => {
  it("are due when a chat has sent so much since the last one, and then for all of the batch that have something", () => {
    const folds = new Folds()
    assert.isUndefined(folds.due([change(1, 100, 1), change(2, 20, 8)], never))
    assert.deepStrictEqual(folds.due([change(1, 128, 1), change(2, 20, 8), change(3, 3, 3)], never), [
      true,
      true,
      false,
    ])
    folds.done(change(1, 128, 1))
    folds.done(change(2, 20, 8))
    assert.isUndefined(folds.due([change(1, 255, 1), change(2, 147, 8)], never))
    assert.deepStrictEqual(folds.due([change(1, 256, 1), change(2, 147, 8)], never), [true, true])
  })

  it("are never put off for long in a chat of which nothing is remembered", () => {
    const folds = new Folds()
    let unfolded = 0
    for (let seq = 1; seq <= 1_000; seq++) {
      unfolded = folds.due([change(1, seq, 1)], never) === undefined ? unfolded + 1 : 0
      assert.isBelow(unfolded, 128)
    }
  })

  it("happen with whatever has to be written anyway", () => {
    const folds = new Folds()
    const [small, reading] = [change(1, 2, 2), change(2, 40, 0)]
    assert.deepStrictEqual(
      folds.due([small, reading, change(3, 17, 1)], (one) => one === reading),
      [false, true, true],
    )
  })
})
