// Puts a ChatClient together from its parts.
import type { ServerFrame } from "../contract/ServerFrame.ts"
import type { Service } from "../contract/ServiceApi.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { Me } from "../domain/User.ts"
import { chatActions } from "./actions.ts"
import type { ChatClient } from "./ChatClient.ts"
import { ChatClientError } from "./ChatClientError.ts"
import type { ClientOptions } from "./ClientOptions.ts"
import { backoff } from "./connection/Backoff.ts"
import { Connection } from "./connection/Connection.ts"
import { ReadMarks } from "./connection/ReadMarks.ts"
import { Sync } from "./connection/Sync.ts"
import { TypingSigns } from "./connection/TypingSigns.ts"
import { whenOnline } from "./connection/whenOnline.ts"
import { isPassing, makeHttp } from "./Http.ts"
import { Loader } from "./Loader.ts"
import { Outbox } from "./Outbox.ts"
import { noWebSocket, platformRuntime, type Runtime } from "./Runtime.ts"
import { Session } from "./Session.ts"
import { SharedDrafts } from "./SharedDrafts.ts"
import type { ChatModel } from "./state/ChatModel.ts"
import type { SignedOutReason } from "./state/ChatState.ts"
import { Store } from "./state/Store.ts"
import type { UnknownFrame } from "./state/UnknownFrame.ts"
import { stateActions } from "./stateActions.ts"
import { Drafts } from "./storage/Drafts.ts"
import { memoryOutbox } from "./storage/OutboxStorage.ts"
import { memoryTokens } from "./storage/TokenStorage.ts"

const pageOrigin = (): string => (typeof location === "undefined" ? "http://127.0.0.1:8000" : location.origin)

/** A client that is not connected yet: call `start`, `logIn` or `register`. */
export const createChatClient = (options: ClientOptions = {}): ChatClient => {
  const runtime: Runtime = { ...platformRuntime(), ...options.runtime }
  const base = (options.url ?? pageOrigin()).replace(/\/+$/, "")
  const cookies = (options.auth ?? (typeof document === "undefined" ? "token" : "cookie")) === "cookie"
  const storage = options.outbox ?? memoryOutbox()
  const store = new Store(runtime)
  const mismatched =
    options.onMismatch ?? ((id) => console.warn(`Confab: chat ${id} differed from the server's and is loaded anew.`))
  let closed = false
  let starting: Promise<Me | null> | undefined
  let resumed = false
  let stopWaking = () => {}

  const session = new Session(runtime, makeHttp(runtime, base, cookies), options.tokens ?? memoryTokens(), cookies, {
    refreshed: (token) => connection.ask({ type: "auth", token }, () => {}),
    signedOut: (reason) => leave(reason),
  })
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
    refresh: () => session.refresh(),
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
  const outbox = new Outbox(storage, store, connection, { runtime, session, service })
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
        else {
          session.close()
          leave("session_ended")
        }
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
      case "fully_read":
        store.models.get(frame.chat_id)?.raiseReadSeq(frame.seq)
        store.touch(frame.chat_id)
        break
      case "delivered":
        store.delivered(frame.chat_id, frame.seq)
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

  const enter = async (me: Me): Promise<Me> => {
    store.setMe(me)
    connection.start()
    stopWaking()
    const stops = [runtime.onWake(() => connection.wake()), runtime.onOffline(() => connection.doubt())]
    stopWaking = () => void stops.map((stop) => stop())
    const stored = await outbox.open(me.id)
    if (store.me?.id !== me.id) return me
    drafts.restore(stored)
    return me
  }

  const leave = (reason: SignedOutReason): void => {
    connection.stop()
    stopWaking()
    outbox.close()
    drafts.clear()
    reads.clear()
    typing.clear()
    loader.reset()
    store.clear()
    store.setConnection({ status: "signed_out", reason })
  }

  const open = (): void => {
    if (options.runtime?.socket === undefined && typeof WebSocket === "undefined") throw noWebSocket()
    closed = false
  }
  const stillOpen = (): void => {
    if (closed) throw new ChatClientError("Closed", "This client was closed.")
  }

  const resume = async (): Promise<Me | null> => {
    for (let attempt = 0; ; attempt++) {
      store.setConnection({ status: "connecting", attempt })
      try {
        const me = await session.resume()
        stillOpen()
        // After `close` the same user continues in the same state; another one begins anew.
        if (store.me !== null && store.me.id !== me?.id) leave("session_ended")
        if (me !== null) return await enter(me)
        store.setConnection({ status: "signed_out", reason: "never" })
        return null
      } catch (error) {
        stillOpen()
        if (!isPassing(error)) throw error
        const millis = backoff(attempt, runtime.random())
        const retryAt = runtime.now() + millis
        store.setConnection({ status: "offline", reason: "network", attempt: attempt + 1, retryAt })
        await new Promise<void>((resolve) => {
          const stop = runtime.onWake(resolve)
          runtime.after(millis, () => {
            stop()
            resolve()
          })
        })
      }
    }
  }

  const start = (): Promise<Me | null> => {
    if (store.me !== null && !closed) return Promise.resolve(store.me)
    starting ??= Promise.resolve()
      .then(() => {
        open()
        return resume()
      })
      .finally(() => {
        starting = undefined
      })
    return starting
  }

  const beginAsNobody = (): void => {
    if (store.me !== null) throw new ChatClientError("SignedInAlready", "Log out first.")
    open()
  }

  const logIn = async (login: string, password: string): Promise<Me> => {
    beginAsNobody()
    return enter(await session.logIn(login, password))
  }

  return {
    getState: () => store.getState(),
    subscribe: (listener) => store.subscribe(listener),
    onEvent: (listener) => store.watch(listener),
    start,
    logIn,
    register: async (account) => {
      beginAsNobody()
      await session.register(account)
      return logIn(account.username, account.password)
    },
    logOut: () => session.logOut(),
    close: () => {
      closed = true
      connection.stop()
      stopWaking()
      session.close()
      outbox.close()
      reads.clear()
      typing.clear()
      store.setConnection({ status: "offline", reason: "closed", attempt: 0, retryAt: null })
    },
    reconnect: () => connection.wake(),
    whenOnline: (options = {}) => whenOnline(store, () => closed, options),
    setTyping: (chatId, isTyping) => typing.set(chatId, isTyping),
    markRead: (chatId, seq) => reads.mark(chatId, seq),
    service,
    upload: async (file, options = {}) => {
      const { uploadAgain } = await import("./upload/uploadAgain.ts")
      return uploadAgain({ runtime, session, service }, file, options)
    },
    ...chatActions({ storage, store, session, loader, outbox, typing, randomId: runtime.randomId, forget }),
    ...stateActions(session, store, drafts),
  }
}
