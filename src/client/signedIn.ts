// What a client needs once a user signs in: the connection, the outbox, what is loaded and synced. Loaded at the first
// sign-in, while the server answers it.
import type { ServerFrame } from "../contract/ServerFrame.ts"
import type { Service } from "../contract/ServiceApi.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { Me } from "../domain/User.ts"
import { type Actions, chatActions } from "./actions.ts"
import type { ChatClient } from "./ChatClient.ts"
import type { ClientOptions } from "./ClientOptions.ts"
import { Connection } from "./connection/Connection.ts"
import { ReadMarks } from "./connection/ReadMarks.ts"
import { Sync } from "./connection/Sync.ts"
import { TypingSigns } from "./connection/TypingSigns.ts"
import { Loader } from "./Loader.ts"
import { Outbox } from "./Outbox.ts"
import type { Runtime } from "./Runtime.ts"
import type { Needs as RequestNeeds } from "./requests.ts"
import type { Session } from "./Session.ts"
import { SharedDrafts } from "./SharedDrafts.ts"
import type { ChatModel } from "./state/ChatModel.ts"
import type { Store } from "./state/Store.ts"
import type { UnknownFrame } from "./state/UnknownFrame.ts"
import { Drafts } from "./storage/Drafts.ts"
import { memoryOutbox } from "./storage/OutboxStorage.ts"

export interface SignedInNeeds {
  readonly runtime: Runtime
  readonly options: ClientOptions
  /** The server's address, without a slash at the end. */
  readonly base: string
  readonly session: Session
  readonly store: Store
  /** Another user has signed in in another tab. */
  readonly otherUser: () => void
}

export interface SignedIn {
  readonly actions: Actions & Pick<ChatClient, "setTyping" | "markRead" | "reconnect" | "setDraft" | "keepDrafts">
  readonly requestNeeds: RequestNeeds
  /** Connects, and loads what this user left unsent. */
  enter(me: Me): Promise<void>
  /** Fresh tokens: sent on the open connection. */
  refreshed(token: string): void
  /** Ends the connection; the state stays. */
  close(): void
  /** Ends the connection and forgets the user. */
  leave(): void
}

export const signedIn = ({ runtime, options, base, session, store, otherUser }: SignedInNeeds): SignedIn => {
  const storage = options.outbox ?? memoryOutbox()
  const mismatched =
    options.onMismatch ?? ((id) => console.warn(`Confab: chat ${id} differed from the server's and is loaded anew.`))
  let resumed = false
  let stopWaking = () => {}

  const connection: Connection = new Connection(runtime, {
    address: async () => {
      const token = await session.socketToken()
      resumed = sync.resumes
      const query = new URLSearchParams({
        ...(resumed ? { resume: "true" } : {}),
        ...(token === null ? {} : { token }),
      })
      return `${base.replace(/^http/, "ws")}/ws${query.size === 0 ? "" : `?${query}`}`
    },
    check: () => session.check(),
    refresh: () => session.refreshToConnect(),
    frame: (frame) => hear(frame),
    down: () => {
      sync.down()
      typing.clear()
    },
    sessionEnded: () => void session.end("session_ended"),
    state: (state) => {
      store.setConnection(state)
      if (state.status !== "online") return
      outbox.pump()
      reads.flush()
      drafts.flush()
    },
  })
  let offer: Promise<Service> | undefined
  const service = (): Promise<Service> => {
    offer ??= session.request<Service>({ method: "GET", path: "/service" }).catch((error: unknown) => {
      offer = undefined
      throw error
    })
    return offer
  }
  const uploads = { runtime, session, service }
  const outbox = new Outbox(storage, store, connection, uploads)
  const drafts = new SharedDrafts(runtime, session, store, new Drafts(runtime, storage))
  store.draftChanged = (id) => drafts.received(id)
  const reads = new ReadMarks(runtime, store, connection)
  const typing = new TypingSigns(runtime, store, connection)
  const forget = (id: ChatId): void => {
    store.remove(id)
    reads.forget(id)
    outbox.chatGone(id)
  }
  const loaded = (model: ChatModel, messages = model.window.snapshot()): void => {
    for (const message of messages) if (message.dedup_key !== null) outbox.arrived(message)
    const last = model.chat?.last_message
    if (last) {
      outbox.arrived(last)
      loader.person(last.sender_id)
    }
    if (model.chat !== undefined) outbox.settle(model.id, model.chat.last_seq)
  }
  const loader: Loader = new Loader(runtime, session, store, {
    loaded,
    gone: forget,
    stateLoaded: () => drafts.loaded(),
  })
  const sync: Sync = new Sync(runtime, store, loader, connection, {
    forget,
    caughtUp: () => connection.settled(),
    applied: (frame) => {
      if (!("dedup_key" in frame)) return
      outbox.arrived(frame)
      loader.quote(frame)
    },
    mismatched: (id) => {
      store.mismatches++
      store.changed()
      mismatched(id)
    },
  })

  /** With `read_receipts: false` the user's own state says how far they have read, on any device. */
  const readElsewhere = ({ key, value }: Extract<ServerFrame, { type: "state" }>): void => {
    const model = key.startsWith("chat:") ? store.models.get(Number(key.slice(5)) as ChatId) : undefined
    if (model === undefined || typeof value !== "object" || value === null || !("read_seq" in value)) return
    model.raiseMine(Number(value.read_seq))
    store.touch(model.id)
  }

  const hear = (frame: ServerFrame | UnknownFrame): void => {
    typing.take(frame)
    switch (frame.type) {
      case "unknown":
        sync.takeUnknown(frame)
        return
      case "hello":
        // Another user has signed in in another tab: this state is not theirs.
        if (frame.user_id === store.me?.id) sync.hello(frame, resumed)
        else otherUser()
        return
      case "synced":
        sync.synced(frame.cursors)
        return
      case "check":
        sync.check(frame)
        return
      case "ack":
      case "pong":
      case "error":
        return
      case "chat_gone":
        sync.gone(frame.chat_id)
        break
      case "typing":
        if (frame.user_id === store.me?.id || store.own.blocks().has(frame.user_id)) return
        loader.person(frame.user_id)
        typing.received(frame.chat_id, frame.user_id, frame.is_typing)
        break
      case "presence":
        store.presence.set(frame.user_id, { online: frame.status === "online", lastSeenAt: frame.last_seen_at })
        break
      case "user_updated":
        store.replaceUser(frame.user)
        break
      case "delivered":
        store.delivered(frame.chat_id, frame.seq)
        break
      case "fully_read":
        store.models.get(frame.chat_id)?.raiseReadSeq(frame.seq)
        store.touch(frame.chat_id)
        break
      case "state":
        store.own.take(frame)
        readElsewhere(frame)
        break
      case "reset":
        if (frame.chat_id !== null) sync.take({ ...frame, chat_id: frame.chat_id })
        else loader.ownState(frame.version)
        return
      default:
        sync.take(frame)
        return
    }
    store.tell(frame)
  }

  const enter = async (me: Me): Promise<void> => {
    store.setMe(me)
    connection.start()
    stopWaking()
    const stops = [runtime.onWake(() => connection.wake()), runtime.onOffline(() => connection.doubt())]
    stopWaking = () => void stops.map((stop) => stop())
    const stored = await outbox.open(me.id)
    if (store.me?.id !== me.id) return
    drafts.restore(stored)
  }

  const close = (): void => {
    connection.stop()
    stopWaking()
    outbox.close()
    reads.clear()
    typing.clear()
    store.presence.stop()
  }

  return {
    actions: {
      ...chatActions({ store, loader, outbox, typing }),
      reconnect: () => connection.wake(),
      setDraft: (chatId, text) => drafts.write(chatId, text),
      keepDrafts: () => drafts.keep(),
      setTyping: (chatId, isTyping) => typing.set(chatId, isTyping),
      markRead: (chatId, seq) => reads.mark(chatId, seq),
    },
    requestNeeds: { uploads, storage, store, session, randomId: runtime.randomId, forget },
    enter,
    refreshed: (token) => connection.ask({ type: "auth", token }, () => {}),
    close,
    leave: () => {
      close()
      drafts.clear()
      loader.reset()
    },
  }
}
