// Which chats their members have marked as unread, as far as this node knows, so that reading a chat and sending to it
// cost nothing while no mark is there. Knows the marks of all users of all nodes: read at the start and after a loss of
// signals, and noted as they are set. A mark that was removed on another node may still be known here: clearing it again
// changes nothing.
import { Effect, Schedule } from "effect"
import type { ChatId, UserId } from "../domain/Ids.ts"
import type { StateStore, UnreadMark } from "../sql/state/StateStore.ts"

/** Marks that are remembered; over this limit each reading of a chat asks the database. */
const mostMarks = 100_000
const page = 5_000

export class UnreadMarks {
  private readonly rows: Pick<StateStore["Service"], "unreadMarks">
  private readonly byUser = new Map<UserId, Set<ChatId>>()
  private size = 0
  private isComplete = false
  private isReading = false
  /** Signals were lost so often. */
  private losses = 0

  constructor(rows: Pick<StateStore["Service"], "unreadMarks">) {
    this.rows = rows
  }

  /** The user has marked the chat. */
  has(user_id: UserId, chat_id: ChatId): boolean {
    return this.byUser.get(user_id)?.has(chat_id) === true
  }

  /** They may have, as far as this node knows. */
  mayHave(user_id: UserId, chat_id: ChatId): boolean {
    return !this.isComplete || this.has(user_id, chat_id)
  }

  note({ chat_id, user_id }: UnreadMark): void {
    const chats = this.byUser.get(user_id)
    if (chats?.has(chat_id)) return
    if (this.size >= mostMarks) {
      this.isComplete = false
      return
    }
    this.size++
    if (chats === undefined) this.byUser.set(user_id, new Set([chat_id]))
    else chats.add(chat_id)
  }

  forget({ chat_id, user_id }: UnreadMark): void {
    const chats = this.byUser.get(user_id)
    if (chats?.delete(chat_id) !== true) return
    this.size--
    if (chats.size === 0) this.byUser.delete(user_id)
  }

  /** Reads all marks, at the start and after a loss of signals. Until it has, each may be there. */
  readonly read: Effect.Effect<void> = Effect.suspend(() => {
    this.isComplete = false
    this.losses++
    if (this.isReading) return Effect.void
    this.isReading = true
    return Effect.ensuring(
      this.readAll,
      Effect.sync(() => {
        this.isReading = false
      }),
    )
  })

  private readonly readAll = Effect.gen({ self: this }, function* () {
    while (!this.isComplete && this.size < mostMarks) {
      const { losses } = this
      for (let last: UnreadMark | undefined, isLast = false; !isLast && this.size < mostMarks; ) {
        // Tried until it succeeds.
        const found: ReadonlyArray<UnreadMark> = yield* this.rows
          .unreadMarks(last, page)
          .pipe(Effect.retry(Schedule.spaced("1 second")), Effect.orDie)
        for (const mark of found) this.note(mark)
        last = found.at(-1)
        isLast = found.length < page
      }
      this.isComplete = losses === this.losses && this.size < mostMarks
    }
  })
}
