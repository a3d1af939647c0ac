// Reactions that are shown before the server has them.
import { describe, expect, it } from "vitest"
import type { ServerFrame } from "../../src/contract/ServerFrame.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import { WantedReactions, withWanted } from "../../web/chat/reactions/WantedReactions.ts"
import type { Entry } from "../../web/model/Entry.ts"

const [me, other] = [1 as UserId, 2 as UserId]
const id = 7 as MessageId

const entry = (reactions: Readonly<Record<string, number>>, mine: ReadonlyArray<string>): Entry =>
  ({ id, mine, reactions: Object.entries(reactions).map(([emoji, count]) => ({ emoji, count })) }) as unknown as Entry

const frame = (emojis: ReadonlyArray<string>, user_id = me): ServerFrame => ({
  type: "reaction",
  chat_id: 5 as ChatId,
  message_id: id,
  user_id,
  emojis,
  reactions: emojis.map((emoji) => ({ emoji, count: 1 })),
  version: 40,
})

/** With a server that answers when it is told to. */
const begin = () => {
  const asked: Array<{ on: boolean; answer: () => void; refuse: (cause: unknown) => void }> = []
  const wanted = new WantedReactions(
    me,
    (_, __, on) =>
      new Promise<void>((answer, refuse) => {
        asked.push({ on, answer, refuse })
      }),
  )
  const shown = (stored: Entry) => {
    const { mine, reactions } = withWanted(stored, wanted.of(id))
    return { mine, reactions: Object.fromEntries(reactions.map(({ count, emoji }) => [emoji, count])) }
  }
  return { asked, wanted, shown }
}

describe("a reaction", () => {
  it("is shown at once, and once when the chat has it, whichever of answer and event comes first", async () => {
    for (const eventFirst of [true, false]) {
      const { asked, wanted, shown } = begin()
      const stored = entry({ "👍": 2 }, [])
      const done = wanted.want(id, "👍", true)
      expect(shown(stored)).toEqual({ mine: ["👍"], reactions: { "👍": 3 } })
      const after = entry({ "👍": 3 }, ["👍"])
      if (eventFirst) wanted.heard(frame(["👍"]))
      // Counted once, though it is both stored and wanted.
      expect(shown(after)).toEqual({ mine: ["👍"], reactions: { "👍": 3 } })
      asked[0]?.answer()
      await done
      // The event may be late: what was accepted stays.
      if (!eventFirst) {
        expect(shown(stored).mine).toEqual(["👍"])
        wanted.heard(frame(["👍"], other))
        expect(shown(stored).mine).toEqual(["👍"])
        wanted.heard(frame(["👍"]))
      }
      expect(shown(after)).toEqual({ mine: ["👍"], reactions: { "👍": 3 } })
      expect(wanted.of(id)).toBeUndefined()
    }
  })

  it("that is the first of its emoji gets a pill, and the last one takes its pill along", () => {
    const { wanted, shown } = begin()
    void wanted.want(id, "🎉", true)
    void wanted.want(id, "👍", false)
    expect(shown(entry({ "👍": 1 }, ["👍"]))).toEqual({ mine: ["🎉"], reactions: { "🎉": 1 } })
  })

  it("goes again when the server refuses it, with the reason", async () => {
    const { asked, wanted, shown } = begin()
    const done = wanted.want(id, "👍", true)
    asked[0]?.refuse(new Error("too many"))
    await expect(done).rejects.toThrow("too many")
    expect(shown(entry({}, []))).toEqual({ mine: [], reactions: {} })
  })

  it("that is given, taken back and given while the first request runs ends as it was wanted last", async () => {
    const { asked, wanted, shown } = begin()
    const stored = entry({}, [])
    const done = wanted.want(id, "👍", true)
    await wanted.want(id, "👍", false)
    expect(shown(stored).mine).toEqual([])
    await wanted.want(id, "👍", true)
    await wanted.want(id, "👍", false)
    expect(asked.map(({ on }) => on)).toEqual([true])
    wanted.heard(frame(["👍"]))
    asked[0]?.answer()
    await expect.poll(() => asked.map(({ on }) => on)).toEqual([true, false])
    expect(shown(entry({ "👍": 1 }, ["👍"]))).toEqual({ mine: [], reactions: {} })
    asked[1]?.answer()
    await done
    wanted.heard(frame([]))
    expect(wanted.of(id)).toBeUndefined()
  })

  it("that another device took back since holds as the chat has it", async () => {
    const { asked, wanted } = begin()
    const done = wanted.want(id, "👍", true)
    asked[0]?.answer()
    await done
    wanted.heard(frame([]))
    expect(wanted.of(id)).toBeUndefined()
    const again = wanted.want(id, "👍", true)
    asked[1]?.answer()
    await again
    wanted.heard({ type: "reset", chat_id: 5 as ChatId } as ServerFrame)
    expect(wanted.of(id)).toBeUndefined()
  })
})
