// Puts a ChatClient together: signing in and out here, all that follows from its parts.
import type { Me } from "../domain/User.ts"
import type { ChatClient } from "./ChatClient.ts"
import { ChatClientError, notSignedIn } from "./ChatClientError.ts"
import type { ClientOptions } from "./ClientOptions.ts"
import type { ClientParts } from "./ClientParts.ts"
import { backoff } from "./connection/Backoff.ts"
import { whenOnline } from "./connection/whenOnline.ts"
import { isPassing, makeHttp } from "./Http.ts"
import { noWebSocket, platformRuntime, type Runtime } from "./Runtime.ts"
import { type RequestName, type Requests, requestNames } from "./requestNames.ts"
import { Session } from "./Session.ts"
import type { SignedIn } from "./signedIn.ts"
import type { SignedOutReason } from "./state/ChatState.ts"
import { Store } from "./state/Store.ts"
import { memoryTokens } from "./storage/TokenStorage.ts"

const nowhere = "http://127.0.0.1:8000"

/** Cookies work on the server's own pages alone: browsers neither store nor send them for another origin. */
const usesCookies = ({ auth, getToken }: ClientOptions, base: string, page: string | null): boolean => {
  const own = page !== null && page !== "null" && new URL(base, page).origin === page
  if (getToken !== undefined) return false
  if (auth !== "cookie") return auth === undefined && own
  if (page === null || own) return true
  throw new ChatClientError(
    "CookiesNotPossible",
    `A page of ${page} has no cookies of ${base}: use auth "token", or serve both from one origin.`,
  )
}

/** `parts`: how it loads what it needs later. */
export const makeChatClient = (options: ClientOptions, parts: ClientParts): ChatClient => {
  const runtime: Runtime = { ...platformRuntime(), ...options.runtime }
  const base = (options.url ?? runtime.page ?? nowhere).replace(/\/+$/, "")
  const cookies = usesCookies(options, base, runtime.page)
  const store = new Store(runtime)
  let closed = false
  let starting: Promise<Me | null> | undefined
  let part: SignedIn | undefined
  let requests: Promise<Requests> | undefined

  const session = new Session(
    runtime,
    makeHttp(runtime, base, cookies),
    { cookies, storage: options.tokens ?? memoryTokens(), getToken: options.getToken },
    {
      refreshed: (token) => part?.refreshed(token),
      signedOut: (reason) => leave(reason),
    },
  )

  const leave = (reason: SignedOutReason): void => {
    part?.leave()
    store.clear()
    store.setConnection({ status: "signed_out", reason })
  }

  const otherUser = (): void => {
    session.close()
    leave("session_ended")
  }

  const open = (): void => {
    if (options.runtime?.socket === undefined && typeof WebSocket === "undefined") throw noWebSocket()
    closed = false
  }
  const stillOpen = (): void => {
    if (closed) throw new ChatClientError("Closed", "This client was closed.")
  }

  /** Signs in, and loads what is needed then at the same time. */
  const enter = async (signingIn: Promise<Me | null>): Promise<Me | null> => {
    const loading = part === undefined ? parts.signedIn() : undefined
    loading?.catch(() => {})
    const me = await signingIn
    stillOpen()
    if (me === null) {
      if (store.me !== null) leave("session_ended")
      return null
    }
    const loaded = await loading
    stillOpen()
    if (!session.isActive) throw notSignedIn()
    // After `close` the same user continues in the same state; another one begins anew.
    if (store.me !== null && store.me.id !== me.id) leave("session_ended")
    if (loaded !== undefined) part ??= loaded.signedIn({ runtime, options, base, session, store, otherUser })
    await part?.enter(me)
    return me
  }

  const resume = async (): Promise<Me | null> => {
    for (let attempt = 0; ; attempt++) {
      store.setConnection({ status: "connecting", attempt })
      try {
        const me = await enter(session.resume())
        if (me === null) store.setConnection({ status: "signed_out", reason: "never" })
        return me
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
    const me = await enter(session.logIn(login, password))
    if (me === null) throw notSignedIn()
    return me
  }

  const actions = (): SignedIn["actions"] => {
    if (part === undefined) throw notSignedIn()
    return part.actions
  }

  const request =
    (name: RequestName) =>
    async (...args: ReadonlyArray<unknown>): Promise<unknown> => {
      if (part === undefined) throw notSignedIn()
      const { requestNeeds } = part
      requests ??= parts.requests().then(
        ({ requestActions }) => requestActions(requestNeeds),
        (error: unknown) => {
          requests = undefined
          throw error
        },
      )
      const action: (...args: ReadonlyArray<never>) => Promise<unknown> = (await requests)[name]
      return action(...(args as ReadonlyArray<never>))
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
      part?.close()
      session.close()
      store.setConnection({ status: "offline", reason: "closed", attempt: 0, retryAt: null })
    },
    whenOnline: (options = {}) => whenOnline(store, () => closed, options),
    reconnect: () => part?.actions.reconnect(),
    send: (...args) => actions().send(...args),
    retry: (dedupKey) => part?.actions.retry(dedupKey),
    discard: (dedupKey) => part?.actions.discard(dedupKey),
    setDraft: (chatId, text) => part?.actions.setDraft(chatId, text),
    keepDrafts: async () => part?.actions.keepDrafts(),
    setTyping: (chatId, isTyping) => part?.actions.setTyping(chatId, isTyping),
    markRead: (chatId, seq) => part?.actions.markRead(chatId, seq),
    openChat: async (chatId) => actions().openChat(chatId),
    openAt: async (chatId, seq) => actions().openAt(chatId, seq),
    openNewest: async (chatId) => actions().openNewest(chatId),
    closeChat: (chatId) => part?.actions.closeChat(chatId),
    loadOlder: async (chatId) => actions().loadOlder(chatId),
    loadNewer: async (chatId) => actions().loadNewer(chatId),
    keepMessages: (chatId, from, to) => part?.actions.keepMessages(chatId, from, to),
    loadMembers: async (chatId) => actions().loadMembers(chatId),
    ...(Object.fromEntries(requestNames.map((name) => [name, request(name)])) as unknown as Requests),
  }
}
