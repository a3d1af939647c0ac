// Commands that wait for a chat's actor; guarantees that each is answered once. Bounded, including those under way.
import { Effect, type Exit } from "effect"
import type { Answers, Command, CommandError } from "./rules/Command.ts"
import { answersHeard, whenRead } from "./turns.ts"

export type Reply = Exit.Exit<Answers[keyof Answers], CommandError>

export interface Entry {
  readonly command: Command
  /** Called once; does not throw. */
  readonly reply: (exit: Reply) => void
  /** Epoch milliseconds, after which it must not be decided, since the caller may have sent it to another node. */
  readonly expires?: number
}

export class Mailbox {
  private entries: Array<Entry> = []
  private wake: (() => void) | undefined = undefined
  private readonly capacity: number
  /** Entries that have not been answered. */
  outstanding = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** false: the mailbox is full. */
  offer(entry: Entry): boolean {
    if (this.outstanding >= this.capacity) return false
    this.outstanding++
    this.entries.push(entry)
    const { wake } = this
    if (wake !== undefined) {
      this.wake = undefined
      whenRead(wake)
    }
    return true
  }

  /**
   * Done once a command waits, and those of the same turn have joined it: a batch of eight costs little more than one.
   */
  get waiting(): Effect.Effect<void> {
    return this.entries.length > 0
      ? answersHeard
      : Effect.callback<void>((resume) => {
          this.wake = () => resume(Effect.void)
        })
  }

  /** The oldest ones, at most `most`; a command that stands alone is taken alone, unless `together`: then it waits. */
  take(most: number, standsAlone: (command: Command) => boolean, together = false): ReadonlyArray<Entry> {
    const { entries } = this
    let count = 0
    while (count < entries.length && count < most && !standsAlone(entries[count]!.command)) count++
    if (count === 0 && entries.length > 0 && !together) count = 1
    if (count === entries.length) return this.takeAll()
    this.entries = entries.slice(count)
    return entries.slice(0, count)
  }

  takeAll(): ReadonlyArray<Entry> {
    const { entries } = this
    this.entries = []
    return entries
  }

  answer(entry: Entry, exit: Reply): void {
    this.outstanding--
    entry.reply(exit)
  }

  answerAll(entries: ReadonlyArray<Entry>, exit: Reply): void {
    for (const entry of entries) this.answer(entry, exit)
  }
}
