// What is loaded of a thread, and how pages and events change it. Each function returns the same object when nothing
// changes.
import type { Thread } from "../../../src/client/ChatClient.ts"
import { newer, reactedTo } from "../../../src/client/state/copies.ts"
import { messageOf } from "../../../src/client/state/Replay.ts"
import type { UnknownFrame } from "../../../src/client/state/UnknownFrame.ts"
import type { ServerFrame } from "../../../src/contract/ServerFrame.ts"
import type { UserId } from "../../../src/domain/Ids.ts"
import type { Message } from "../../../src/domain/Message.ts"

export interface ThreadState {
  readonly root: Message
  /** Of all replies, deleted ones too. */
  readonly count: number
  /** The newest replies, by `seq`. */
  readonly items: ReadonlyArray<Message>
  /** There are earlier ones. */
  readonly hasMore: boolean
}

export const opened = ({ root, count, items, has_more }: Thread): ThreadState => ({
  root,
  count,
  items,
  hasMore: has_more,
})

export const withEarlier = (state: ThreadState, page: Thread): ThreadState => {
  const first = state.items[0]?.seq ?? Number.POSITIVE_INFINITY
  const earlier = page.items.filter(({ seq }) => seq < first)
  return { ...state, items: [...earlier, ...state.items], hasMore: page.has_more }
}

const replaced = (state: ThreadState, id: number, to: (message: Message) => Message): ThreadState => {
  if (state.root.id === id) {
    const root = to(state.root)
    return root === state.root ? state : { ...state, root }
  }
  const at = state.items.findIndex((message) => message.id === id)
  const before = state.items[at]
  if (before === undefined) return state
  const after = to(before)
  return after === before ? state : { ...state, items: state.items.with(at, after) }
}

export const told = (state: ThreadState, frame: ServerFrame | UnknownFrame, me: UserId): ThreadState => {
  switch (frame.type) {
    case "message":
    case "message_updated":
    case "message_deleted": {
      if (frame.id !== state.root.id && frame.thread_id !== state.root.id) return state
      const message = messageOf(frame)
      const known = frame.id === state.root.id || state.items.some(({ id }) => id === frame.id)
      if (known) return replaced(state, frame.id, (copy) => newer(copy, message))
      // What lies above the loaded ones comes with their page.
      const last = state.items.at(-1)?.seq ?? (state.hasMore ? Number.POSITIVE_INFINITY : 0)
      if (message.seq < last) return state
      return { ...state, count: state.count + 1, items: [...state.items, message] }
    }
    case "reaction": {
      const mine = frame.user_id === me ? frame.emojis : undefined
      return replaced(state, frame.message_id, (copy) => reactedTo(copy, frame.version, frame.reactions, mine))
    }
    default:
      return state
  }
}
