// Jumps to a message of the chat, and back. At most three requests a jump.
import { type RefObject, useCallback, useEffect, useRef, useState } from "react"
import type { ChatView, Conversation } from "../../src/client/state/ChatState.ts"
import type { MessageId } from "../../src/domain/Ids.ts"
import { useClient } from "../model/hooks.ts"
import type { Place } from "../pages/address.ts"
import { keepPosition, type Position } from "./positions.ts"
import type { Row } from "./rows.ts"
import type { ListPosition, VirtualListHandle } from "./VirtualList.tsx"

const highlightMillis = 1_600
/** Frames that the loaded messages may take to be rendered. */
const drawing = 30

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))

/** The message at `seq`, or the nearest one that is loaded. */
const rowAt = (rows: ReadonlyArray<Row>, seq: number): Row | undefined => {
  let found: Row | undefined
  for (const row of rows) {
    if (row.kind !== "message" || row.entry.seq === null) continue
    if (row.entry.seq > seq && found !== undefined) break
    found = row
  }
  return found
}

interface Origin extends Position {
  readonly jump: "message" | "newest"
}

export const useJumps = (
  list: RefObject<VirtualListHandle | null>,
  chat: ChatView,
  conversation: Conversation,
  rows: ReadonlyArray<Row>,
  place: Place,
  onFailed: () => void,
) => {
  const client = useClient()
  const [highlighted, setHighlighted] = useState<string>()
  /** Where the jumps began, the last one last. */
  const [origins, setOrigins] = useState<ReadonlyArray<Origin>>([])
  const latest = useRef({ rows, conversation })
  latest.current = { rows, conversation }
  const { id } = chat

  /** A position of the list with the message by which it is found when it must be loaded again. */
  const withSeq = useCallback((position: ListPosition): Position => {
    const { rows } = latest.current
    const from = rows.findIndex(({ key }) => key === position.key)
    const message = rows.slice(Math.max(0, from)).find((row) => row.kind === "message" && row.entry.seq !== null)
    return { ...position, seq: message?.kind === "message" ? message.entry.seq : null }
  }, [])

  /** Loads the messages around `seq`, and waits until they are rendered. */
  const load = useCallback(
    async (seq: number) => {
      await client.openAt(id, seq)
      for (let i = 0; i < drawing; i++) {
        const { messages } = latest.current.conversation
        if ((messages[0]?.seq ?? 0) <= seq && seq <= (messages.at(-1)?.seq ?? 0)) return
        await nextFrame()
      }
    },
    [client, id],
  )

  const goToSeq = useCallback(
    async (seq: number) => {
      try {
        await load(seq)
      } catch {
        return onFailed()
      }
      const row = rowAt(latest.current.rows, seq)
      if (row === undefined || list.current?.scrollToKey(row.key, "center") !== true) return
      setHighlighted(row.key)
      setTimeout(() => setHighlighted((now) => (now === row.key ? undefined : now)), highlightMillis)
    },
    [load, list, onFailed],
  )

  /** Keeps where a jump begins. */
  const keepOrigin = useCallback(
    (jump: Origin["jump"]) => {
      const here = list.current?.position()
      if (here === undefined && latest.current.conversation.hasMoreAfter) return
      const origin = here ?? { key: latest.current.rows.at(-1)?.key ?? "start", offset: 0 }
      setOrigins((before) => [...before, { ...withSeq(origin), jump }].slice(-20))
    },
    [list, withSeq],
  )

  /** Also to a message that is not loaded. */
  const goTo = useCallback(
    (seq: number) => {
      keepOrigin("message")
      void goToSeq(seq)
    },
    [goToSeq, keepOrigin],
  )

  const goToMessage = useCallback(
    async (messageId: MessageId) => {
      const { messages, quoted } = latest.current.conversation
      const found = messages.find((message) => message.id === messageId) ?? quoted.get(messageId)
      if (found === undefined) return
      keepOrigin("message")
      await goToSeq(found.seq)
    },
    [goToSeq, keepOrigin],
  )

  /** Returns to where the last jump began. False when there was none. */
  const goBack = useCallback(async (): Promise<boolean> => {
    const origin = origins.at(-1)
    if (origin === undefined) return false
    setOrigins(origins.slice(0, -1))
    if (list.current?.restore(origin) === true) return true
    if (origin.seq === null) return false
    try {
      await load(origin.seq)
    } catch {
      onFailed()
      return true
    }
    return list.current?.restore(origin) === true
  }, [origins, list, load, onFailed])

  const leave = useCallback(
    (position: ListPosition | undefined) => keepPosition(id, position === undefined ? undefined : withSeq(position)),
    [id, withSeq],
  )

  // The address names a message: jumps at once, and each time that another link is followed.
  useEffect(() => {
    if (place.chatId === id && place.seq !== undefined && !place.again) void goToSeq(place.seq)
  }, [place, id, goToSeq])

  const forgetOrigins = useCallback(() => setOrigins([]), [])
  /** For a user who scrolls away from the newest message: a way back from it is of no use then. */
  const leaveNewest = useCallback(() => setOrigins((all) => all.filter(({ jump }) => jump !== "newest")), [])
  const canGoBack = origins.length > 0
  return { highlighted, goToMessage, goTo, goToSeq, goBack, keepOrigin, leave, canGoBack, forgetOrigins, leaveNewest }
}
