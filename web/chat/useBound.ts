// Limits the messages that a conversation holds: those far from the screen are released, and loaded again when they are
// scrolled to.
import { type RefObject, useEffect } from "react"
import type { Conversation } from "../../src/client/state/ChatState.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { useClient } from "../model/hooks.ts"
import type { Row } from "./rows.ts"
import type { VirtualListHandle } from "./VirtualList.tsx"

const most = 1_200
/** How many stay on each side of the screen. */
const around = 400

/** The message at the row, or the next one below it. */
const seqFrom = (rows: ReadonlyArray<Row>, key: string): number | undefined => {
  for (let i = rows.findIndex((row) => row.key === key); i >= 0 && i < rows.length; i++) {
    const row = rows[i]!
    if (row.kind === "message" && row.entry.seq !== null) return row.entry.seq
  }
  return undefined
}

export const useBound = (
  chatId: ChatId,
  { messages, loading }: Conversation,
  rows: ReadonlyArray<Row>,
  list: RefObject<VirtualListHandle | null>,
): void => {
  const client = useClient()
  useEffect(() => {
    if (messages.length <= most || loading !== null || list.current === null) return
    const position = list.current.position()
    const seq = (position && seqFrom(rows, position.key)) ?? messages.at(-1)?.seq ?? 0
    client.keepMessages(chatId, seq - around, seq + around)
  }, [client, chatId, messages, loading, rows, list])
}
