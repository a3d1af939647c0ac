// Loads a thread and keeps it up to date: subscribes first, then reads.
import { useCallback, useEffect, useRef, useState } from "react"
import type { UnknownFrame } from "../../../src/client/state/UnknownFrame.ts"
import type { ServerFrame } from "../../../src/contract/ServerFrame.ts"
import type { ChatId, MessageId } from "../../../src/domain/Ids.ts"
import { messageWords } from "../../i18n/useMessageWords.ts"
import { useChatState, useClient, useMe } from "../../model/hooks.ts"
import { attempt, refusalText } from "../../ui/notices.tsx"
import { opened, type ThreadState, told, withEarlier } from "./threadState.ts"

/** `failed`: it is tried again when the user asks for it. */
export type EarlierReplies = "idle" | "loading" | "failed"

export const useThread = (chatId: ChatId, messageId: MessageId) => {
  const client = useClient()
  const me = useMe()
  const [state, setState] = useState<ThreadState>()
  const [failure, setFailure] = useState<string>()
  const [tries, setTries] = useState(0)
  const [earlier, setEarlier] = useState<EarlierReplies>("idle")
  const again = useCallback(() => setTries((n) => n + 1), [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: trying again is what a new number of tries means
  useEffect(() => {
    const abort = new AbortController()
    let meanwhile: Array<ServerFrame | UnknownFrame> | undefined = []
    setFailure(undefined)
    const stop = client.onEvent((frame) => {
      if (frame.type === "reset" && frame.chat_id === chatId) return again()
      if (meanwhile === undefined) setState((now) => now && told(now, frame, me.id))
      else meanwhile.push(frame)
    })
    client.thread(messageId, { signal: abort.signal }).then(
      (thread) => {
        if (thread.root.chat_id !== chatId) return setFailure(messageWords().thread.gone)
        const since = meanwhile ?? []
        meanwhile = undefined
        setState(since.reduce((now, frame) => told(now, frame, me.id), opened(thread)))
      },
      (cause) => {
        if (!abort.signal.aborted) setFailure(refusalText(cause))
      },
    )
    return () => {
      stop()
      abort.abort()
    }
  }, [client, chatId, messageId, me.id, tries, again])

  const online = useChatState(({ connection }) => connection.status === "online")
  const wasOnline = useRef(online)
  useEffect(() => {
    const isBack = online && !wasOnline.current
    wasOnline.current = online
    if (isBack && failure !== undefined) again()
  }, [online, failure, again])

  const loadEarlier = async () => {
    const before = state?.items[0]?.seq
    if (before === undefined || earlier === "loading") return
    setEarlier("loading")
    const page = client.thread(messageId, { before })
    const loaded = await attempt(page.then((page) => setState((now) => now && withEarlier(now, page))))
    setEarlier(loaded ? "idle" : "failed")
  }
  return { state, failure, again, earlier, loadEarlier }
}
