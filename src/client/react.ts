// `@confab-chat/client/react`: a ChatClient in React 18 and later. Made for StrictMode, which mounts twice, and for rendering
// on a server, where the state is that of a client that has not started.
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react"
import type { ChatId, UserId } from "../domain/Ids.ts"
import type { ChatClient, Sending, SendOptions } from "./ChatClient.ts"
import type { ChatState, ChatView, ConnectionState, Conversation, Presence } from "./state/ChatState.ts"

interface Provided {
  readonly client: ChatClient
  /** The state before it started: what a server renders, and a page before it runs. */
  readonly first: ChatState
}

const Provided = createContext<Provided | null>(null)

export interface ChatProviderProps {
  readonly client: ChatClient
  /** `start` failed for good, as with a token that the server refuses; being offline is in the state instead. */
  readonly onError?: (error: unknown) => void
  readonly children?: ReactNode
}

/** Starts the client when it is mounted; closing it is up to the program, which made it. */
export const ChatProvider = ({ client, onError, children }: ChatProviderProps): ReactElement => {
  const provided = useMemo(() => ({ client, first: client.getState() }), [client])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another function is no reason to start again.
  useEffect(() => {
    client.start().catch((error: unknown) => onError?.(error))
  }, [client])
  return createElement(Provided.Provider, { value: provided }, children)
}

const useProvided = (): Provided => {
  const provided = useContext(Provided)
  if (provided === null) throw new Error("There is no <ChatProvider client={…}> above this component.")
  return provided
}

export const useChatClient = (): ChatClient => useProvided().client

/** A part of the state; `select` must return a part, not a new object. */
export const useChatState = <A>(select: (state: ChatState) => A): A => {
  const { client, first } = useProvided()
  return useSyncExternalStore(
    client.subscribe,
    () => select(client.getState()),
    () => select(first),
  )
}

export const useConnection = (): ConnectionState => useChatState((state) => state.connection)

/** The chats of the user, newest activity first. */
export const useChats = (): ReadonlyArray<ChatView> => useChatState((state) => state.chats)

const unknown: Presence = { online: false, lastSeenAt: null }

export const usePresence = (userId: UserId): Presence => useChatState((state) => state.presence.get(userId) ?? unknown)

/** How many components show a chat. */
const shown = new WeakMap<ChatClient, Map<ChatId, number>>()

/** Keeps the chat open while a component shows it; a component that is mounted again at once finds it open. */
const show = (client: ChatClient, chatId: ChatId): (() => void) => {
  const counts = shown.get(client) ?? new Map<ChatId, number>()
  shown.set(client, counts)
  counts.set(chatId, (counts.get(chatId) ?? 0) + 1)
  return () => {
    counts.set(chatId, (counts.get(chatId) ?? 1) - 1)
    queueMicrotask(() => {
      if (counts.get(chatId) !== 0) return
      counts.delete(chatId)
      client.closeChat(chatId)
    })
  }
}

export interface OpenConversation {
  /** undefined while the list of chats is not loaded, and when the user is not in the chat. */
  readonly chat: ChatView | undefined
  /** undefined until the chat is open. */
  readonly conversation: Conversation | undefined
  /** Why its messages could not be loaded. */
  readonly error: unknown
  send(text: string, options?: SendOptions): Sending
  loadOlder(): Promise<void>
  markRead(seq: number): void
  setTyping(isTyping: boolean): void
}

/** A chat with its messages, open while the component is mounted. */
export const useConversation = (chatId: ChatId): OpenConversation => {
  const client = useChatClient()
  const chat = useChatState((state) => state.chatById.get(chatId))
  const conversation = useChatState((state) => state.conversations.get(chatId))
  const [failed, setFailed] = useState<{ readonly chatId: ChatId; readonly error: unknown } | null>(null)
  const isKnown = chat !== undefined
  useEffect(() => {
    if (!isKnown) return
    let isShown = true
    const hide = show(client, chatId)
    setFailed(null)
    client.openChat(chatId).catch((error: unknown) => {
      if (isShown) setFailed({ chatId, error })
    })
    return () => {
      isShown = false
      hide()
    }
  }, [client, chatId, isKnown])
  const verbs = useMemo(
    () => ({
      send: (text: string, options?: SendOptions) => client.send(chatId, text, options),
      loadOlder: () => client.loadOlder(chatId),
      markRead: (seq: number) => client.markRead(chatId, seq),
      setTyping: (isTyping: boolean) => client.setTyping(chatId, isTyping),
    }),
    [client, chatId],
  )
  return { chat, conversation, error: failed?.chatId === chatId ? failed.error : undefined, ...verbs }
}
