// What an actor keeps of its chat between turns: the committed state, and data that saves reads of the database.
// Changes only by commits; after anything else it is dropped and loaded again.
import type { MessageId } from "../../domain/Ids.ts"
import { droppedKinds } from "../../kinds/Kinds.ts"
import type { ChatChange, ChatSnapshot, StoredMessage } from "../../sql/journal/Journal.ts"
import { type ChatState, fromSnapshot } from "../rules/ChatState.ts"
import { toStored } from "../rules/outcome.ts"
import { after, type Plan } from "../rules/plan.ts"
import { DedupKeys } from "./DedupKeys.ts"
import { RecentMessages } from "./RecentMessages.ts"
import { RecordCache } from "./RecordCache.ts"
import { Watermarks } from "./Watermarks.ts"

/** The newest messages with dedup keys that a chat keeps in memory; the database has all. */
const rememberedKeys = 16

/** A commit's messages, and how far the lowest watermark rose. */
export interface Settled {
  readonly sent: ReadonlyArray<StoredMessage>
  readonly changed: ReadonlyMap<MessageId, StoredMessage>
  readonly lowestBefore: number
  readonly lowest: number
}

type SettledChange = Pick<ChatChange, "active_before" | "at">

export class ChatMemory {
  state: ChatState | undefined
  readonly recent = new RecentMessages()
  readonly watermarks = new Watermarks()
  readonly keys = new DedupKeys<StoredMessage>()
  readonly records = new RecordCache()
  /** As of `ChatSnapshot.active_before`. */
  activeBefore: number | null = null

  load(snapshot: ChatSnapshot): ChatState {
    this.forget()
    this.state = fromSnapshot(snapshot)
    this.activeBefore = snapshot.active_before
    for (const { user_id, last_read_seq } of snapshot.members) this.watermarks.set(user_id, last_read_seq)
    return this.state
  }

  forget(): void {
    this.state = undefined
    this.activeBefore = null
    this.recent.clear()
    this.watermarks.clear()
    this.keys.clear()
    this.records.clear()
  }

  remember(message: StoredMessage): void {
    if (message.dedup_key !== null) this.keys.set(message.dedup_key, message)
  }

  /** Before a turn, so that what was loaded for it lasts through it. */
  trim(): void {
    this.keys.trim(rememberedKeys)
    this.records.trim()
  }

  /** The plan is committed; the i-th of `ids` is that of its i-th new message. */
  settle(plan: Plan, ids: ReadonlyArray<MessageId>, { active_before, at }: SettledChange): Settled {
    const { state } = plan
    const lowestBefore = this.watermarks.lowest
    const sent: Array<StoredMessage> = []
    const changed = new Map<MessageId, StoredMessage>()
    if (active_before !== null) this.activeBefore = active_before
    for (const change of plan.changes) {
      switch (change._tag) {
        case "Sent": {
          const id = ids[sent.length]
          if (id === undefined) throw new Error("the journal gave fewer ids than messages were sent")
          const stored = toStored(state, change, id, at)
          sent.push(stored)
          this.recent.push(stored)
          this.watermarks.set(change.sender_id, change.seq)
          this.remember(stored)
          break
        }
        case "Edited":
        case "Tombstoned": {
          const message = after(change, at)
          changed.set(message.id, message)
          if (message.dedup_key !== null && this.keys.get(message.sender_id, message.dedup_key) !== undefined) {
            this.remember(message)
          }
          if (message.deleted) for (const kind of droppedKinds) this.records.drop(kind, message.id)
          break
        }
        case "Recorded":
          this.records.settle(change)
          break
        case "Read":
          this.watermarks.set(change.user_id, change.seq)
          break
        case "MemberAdded":
          this.watermarks.set(change.user_id, state.last_seq)
          // The database decides whether the new member has a bound: the next activity renews it in any case.
          this.activeBefore = at
          break
        case "MemberRemoved":
          this.watermarks.remove(change.user_id)
          break
        case "InfoSet":
        case "RoleSet":
        case "Departed":
        case "ChatDeleted":
          break
        default:
          change satisfies never
      }
    }
    this.state = state
    return { sent, changed, lowestBefore, lowest: this.watermarks.lowest }
  }
}
