// A sync of one device, requested by it or by the server.
import type { Ref } from "../../contract/frames/frame.ts"
import type { SeqRange } from "../../domain/Check.ts"
import type { ChatId } from "../../domain/Ids.ts"

export interface SyncJob {
  readonly ref: Ref | undefined
  readonly cursors: ReadonlyMap<ChatId, number>
  /** The chats whose sums are requested. */
  readonly check?: ReadonlyMap<ChatId, SeqRange>
  /** The cursor of the user's own state, if requested. */
  readonly me?: number | undefined
  /** false: not requested by the device; the server replaces what it could not hold. */
  readonly answered: boolean
  /** Chats whose end the device has received since: what it had of them is gone. */
  readonly ended?: Set<ChatId>
}
