// Reads the positions of connecting users' chats, for all that wait at a moment in one statement: a storm of
// connections costs the database only as many statements as it can answer. To begin a statement costs more than a user
// in it, so one is begun when a turn of the event loop brings no further user. A user with many chats is read page by
// page, one page a statement, so that others do not wait for all of them. Each user is read once at a time: callers
// during a read share the next one.
import { Effect, Exit, type Fiber } from "effect"
import { whenRead } from "../actors/turns.ts"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import type { ChatStore, ChatsPage, MemberPosition, Position } from "../sql/chats/ChatStore.ts"

/** Statements under way: new requests are collected during these. */
const atOnce = 2
/** Users of one statement. */
const usersAtOnce = 16
/**
 * Chats of one user in one statement: enough for most users at first, then as many as take no longer than those of all
 * users together.
 */
const firstPage = 64
const nextPage = 256

type Answer<A> = Effect.Effect<ReadonlyArray<A>, Unavailable>

export type Fork = <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>

interface Read {
  readonly user_id: UserId
  readonly positions: Array<MemberPosition>
  readonly resumes: Array<(answer: Answer<MemberPosition>) => void>
  /** The last chat that was read. */
  after: number
}

export class PositionReads {
  private readonly rows: ChatStore["Service"]
  private readonly fork: Fork
  /** Reads that have not begun. */
  private readonly next = new Map<UserId, Read>()
  private readonly begun = new Set<UserId>()
  /** Their first pages, and the pages of users with more chats, in the order of their turns. */
  private first: Array<Read> = []
  private further: Array<Read> = []
  private underWay = 0
  /** Whether users may still join the next statement, and how many had when it was last looked. */
  private isAwaiting = false
  private awaited = 0

  constructor(rows: ChatStore["Service"], fork: Fork) {
    this.rows = rows
    this.fork = fork
  }

  /** All chats of a user, read after this call; each chat by itself, not all at one instant. */
  positionsOf(user_id: UserId): Answer<MemberPosition> {
    return Effect.callback((resume) => {
      const next = this.next.get(user_id)
      if (next !== undefined) {
        next.resumes.push(resume)
        return
      }
      const read = { user_id, positions: [], resumes: [resume], after: 0 }
      this.next.set(user_id, read)
      if (this.begun.has(user_id)) return
      this.first.push(read)
      this.await()
    })
  }

  /** These chats of a user. */
  positions(user_id: UserId, chat_ids: ReadonlyArray<ChatId>): Answer<Position> {
    if (chat_ids.length <= firstPage) return this.rows.positions(user_id, chat_ids)
    return Effect.map(this.positionsOf(user_id), (positions) => {
      const requested = new Set(chat_ids)
      return positions.filter(({ chat_id }) => requested.has(chat_id))
    })
  }

  private await(): void {
    if (this.isAwaiting) return
    this.isAwaiting = true
    this.awaited = 0
    whenRead(this.begin)
  }

  /** In a storm each turn brings a few more users: then a statement is begun for many, or when no more arrive. */
  private readonly begin = (): void => {
    const { length } = this.first
    if (length > this.awaited && length < usersAtOnce) {
      this.awaited = length
      whenRead(this.begin)
      return
    }
    this.isAwaiting = false
    this.proceed()
  }

  private proceed(): void {
    while (this.underWay < atOnce && this.first.length + this.further.length > 0) {
      const first = this.first.splice(0, usersAtOnce)
      for (const { user_id } of first) {
        this.next.delete(user_id)
        this.begun.add(user_id)
      }
      const reads = [...first, ...this.further.splice(0, 1)]
      const pages = reads.map(pageOf)
      this.underWay++
      this.fork(this.rows.positionsOf(pages)).addObserver((exit) => {
        this.underWay--
        const ended = Exit.isFailure(exit) ? reads : this.take(reads, pages, exit.value)
        for (const { user_id } of ended) this.end(user_id)
        if (!this.isAwaiting) this.proceed()
        for (const { positions, resumes } of ended) {
          for (const resume of resumes) resume(Exit.isFailure(exit) ? exit : Effect.succeed(positions))
        }
      })
    }
  }

  /** Returns the reads that are complete; the others are queued again. */
  private take(
    reads: ReadonlyArray<Read>,
    pages: ReadonlyArray<ChatsPage>,
    found: ReadonlyArray<MemberPosition>,
  ): ReadonlyArray<Read> {
    const byUser = Map.groupBy(found, ({ user_id }) => user_id)
    return reads.filter((read, i) => {
      const page = byUser.get(read.user_id) ?? []
      for (const position of page) {
        read.positions.push(position)
        if (position.chat_id > read.after) read.after = position.chat_id
      }
      if (page.length < pages[i]!.count) return true
      this.further.push(read)
      return false
    })
  }

  private end(user_id: UserId): void {
    this.begun.delete(user_id)
    const next = this.next.get(user_id)
    if (next !== undefined) this.first.push(next)
  }
}

const pageOf = ({ after, user_id }: Read): ChatsPage => ({ user_id, after, count: after === 0 ? firstPage : nextPage })
