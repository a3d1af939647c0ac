// The rows of a conversation, rebuilt only from the first change on: a new message costs the same however many are
// loaded.
import type { Conversation, PendingMessage } from "../../src/client/state/ChatState.ts"
import type { MessageId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"
import { type Entry, fromMessage, fromPending } from "../model/Entry.ts"
import { beginRows, type Row, type RowOptions, type RowState, rowsOf } from "./rows.ts"

const nothing: ReadonlyArray<never> = []

export interface Lines {
  readonly entries: ReadonlyArray<Entry>
  readonly rows: ReadonlyArray<Row>
}

export class Transcript {
  private messages: ReadonlyArray<Message> = nothing
  private pending: ReadonlyArray<PendingMessage> = nothing
  private readSeq = 0
  private deliveredSeq = 0
  private options: RowOptions | undefined
  private lines: Lines = { entries: nothing, rows: nothing }
  /** The state of the rows after each entry. */
  private states: Array<RowState> = []
  private readonly byKey = new Map<string, Entry>()
  private readonly byId = new Map<MessageId, Entry>()

  entry(key: string): Entry | undefined {
    return this.byKey.get(key)
  }

  /** The entry of this message, if it is loaded. */
  message(id: MessageId): Entry | undefined {
    return this.byId.get(id)
  }

  /** Returns the same object until something changes. */
  update({ messages, pending }: Conversation, readSeq: number, options: RowOptions, deliveredSeq = 0): Lines {
    const kept = this.unchanged(messages, pending, readSeq, deliveredSeq, options)
    if (kept === undefined) return this.lines
    const { entries: before, rows: rowsBefore } = this.lines
    for (let i = kept; i < before.length; i++) this.forget(before[i]!)
    const entries = before.slice(0, kept)
    const add = (entry: Entry) => {
      entries.push(entry)
      this.byKey.set(entry.key, entry)
      if (entry.id !== null) this.byId.set(entry.id, entry)
    }
    for (let i = kept; i < messages.length; i++) add(fromMessage(messages[i]!, readSeq, deliveredSeq))
    for (const one of pending) {
      const entry = fromPending(one, options.me)
      if (!this.byKey.has(entry.key)) add(entry)
    }
    const state = this.states[kept - 1] ?? beginRows(options)
    const rows = rowsBefore.slice(0, kept === 0 ? 0 : state.rows)
    this.states.length = kept
    rowsOf(entries, kept, state, options, rows, this.states)
    Object.assign(this, { messages, pending, readSeq, deliveredSeq, options })
    this.lines = { entries, rows }
    return this.lines
  }

  private forget(entry: Entry): void {
    this.byKey.delete(entry.key)
    if (entry.id !== null) this.byId.delete(entry.id)
  }

  /**
   * How many entries stay, with their rows; undefined when all do. The last one before a change may no longer end its
   * run.
   */
  private unchanged(
    messages: ReadonlyArray<Message>,
    pending: ReadonlyArray<PendingMessage>,
    readSeq: number,
    deliveredSeq: number,
    options: RowOptions,
  ): number | undefined {
    const former = this.options
    const { me, hasOlder, hasNewer, newAfter } = options
    const same =
      former?.me === me &&
      former.hasOlder === hasOlder &&
      former.hasNewer === hasNewer &&
      former.newAfter === newAfter &&
      readSeq >= this.readSeq &&
      deliveredSeq >= this.deliveredSeq
    if (!same) return 0
    const sameMarks = readSeq === this.readSeq && deliveredSeq === this.deliveredSeq
    if (messages === this.messages && pending === this.pending && sameMarks) return undefined
    const first = messages[0]?.seq ?? 0
    let count = Math.min(messages.length, this.messages.length)
    // Messages above the former mark may be read, or delivered, now.
    if (readSeq > this.readSeq) count = Math.max(0, Math.min(count, this.readSeq + 1 - first))
    if (deliveredSeq > this.deliveredSeq) count = Math.max(0, Math.min(count, this.deliveredSeq + 1 - first))
    let kept = 0
    if (messages === this.messages) kept = count
    else while (kept < count && messages[kept] === this.messages[kept]) kept++
    return Math.max(0, kept - 1)
  }
}
