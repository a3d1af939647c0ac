import { assert, describe, it } from "vitest"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { ChatSettings } from "../../src/domain/ChatSettings.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { fromField, presets, toField } from "../../web/chat/scheduleTimes.ts"
import { forEver, hears, inFolder, isHeard, isMuted, unreadOf } from "../../web/model/quiet.ts"

const now = Date.UTC(2026, 10, 28, 12)
const later = new Date(now + 1_000).toISOString()
const before = new Date(now - 1_000).toISOString()
const me = 1 as UserId

const chat = (id: number, settings: ChatSettings = {}, unread_count = 0, unread_mention_count = 0) =>
  ({ id: id as ChatId, settings, unread_count, unread_mention_count }) as ChatView

describe("What makes itself heard", () => {
  it("is everything, mentions alone or nothing, by the settings of the chat", () => {
    assert.deepEqual(
      [
        {},
        { level: "mentions" as const },
        { level: "none" as const },
        { muted_until: later },
        { muted_until: before },
        { muted_until: forEver },
        { archived: true },
        { archived: true, muted_until: later },
      ].map((settings) => hears({ settings }, now)),
      ["all", "mentions", "none", "none", "all", "none", "mentions", "none"],
    )
    assert.isFalse(isMuted({}, now))
  })

  it("announces a mention or a reply where the chat is set to mentions", () => {
    const only = { settings: { level: "mentions" as const } }
    const heard = (message: { mentions?: ReadonlyArray<UserId>; mentions_all?: true }, repliesToMe = false) =>
      isHeard(only, message, me, repliesToMe, now)
    assert.deepEqual(
      [
        heard({}),
        heard({ mentions: [me] }),
        heard({ mentions: [2 as UserId] }),
        heard({ mentions_all: true }),
        heard({}, true),
      ],
      [false, true, false, true, true],
    )
    assert.isTrue(isHeard({}, {}, me, false, now))
    assert.isFalse(isHeard({ settings: { level: "none" } }, { mentions: [me] }, me, true, now))
  })

  it("counts apart what is muted, archived or not a mention; a mark counts once", () => {
    const chats = [
      chat(1, {}, 3),
      chat(2, { muted_until: later }, 5),
      chat(3, { level: "mentions" }, 7, 2),
      chat(4, { unread: true }),
      chat(5, { archived: true }, 11),
      chat(6, {}, 0),
    ]
    assert.deepEqual(unreadOf(chats, now), { loud: 3 + 2 + 1, quiet: 5 + 5 + 11 })
  })
})

describe("The folders of the list", () => {
  it("keep the archive apart, and the open chat where it was chosen", () => {
    const chats = [chat(1, {}, 2), chat(2), chat(3, { unread: true }), chat(4, { archived: true }, 1)]
    const ids = (folder: "all" | "unread" | "archive", chosen?: number) =>
      inFolder(chats, folder, chosen as ChatId | undefined).map(({ id }) => id)
    assert.deepEqual([ids("all"), ids("unread"), ids("archive")], [[1, 2, 3], [1, 3], [4]])
    assert.deepEqual(ids("unread", 2), [1, 2, 3])
  })
})

describe("The times to send later", () => {
  const names = (date: Date) => presets(date).map(({ at, name }) => `${name} ${toField(at)}`)

  it("are in the future, and none of them is another one by another name", () => {
    // A Saturday.
    assert.deepEqual(names(new Date(2026, 10, 28, 10, 30)), [
      "hour 2026-11-28T11:30",
      "evening 2026-11-28T19:00",
      "tomorrow 2026-11-29T09:00",
      "monday 2026-11-30T09:00",
    ])
    // A Sunday evening: Monday is tomorrow.
    assert.deepEqual(names(new Date(2026, 10, 29, 18, 30)), ["hour 2026-11-29T19:30", "tomorrow 2026-11-30T09:00"])
    // A Monday: the next one.
    assert.deepEqual(names(new Date(2026, 10, 30, 8)).at(-1), "monday 2026-12-07T09:00")
  })

  it("of one's own are from now to a year ahead", () => {
    const here = new Date(2026, 10, 28, 10, 30)
    assert.deepEqual(fromField("2026-11-28T10:31", here), new Date(2026, 10, 28, 10, 31))
    for (const bad of ["", "2026-11-28T10:30", "2027-11-29T10:31", "soon"])
      assert.isUndefined(fromField(bad, here), bad)
  })
})
