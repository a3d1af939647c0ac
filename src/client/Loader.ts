// Loads by HTTP what events do not contain: the list of chats, a chat's record, pages of messages, users' names. A few
// requests at a time; those that fail without a connection are repeated when there is one.
import { Limits } from "../contract/Limits.ts"
import type { Chat, ChatWithMembers, MemberPage } from "../domain/Chat.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import type { Message } from "../domain/Message.ts"
import type { StateEntry } from "../domain/State.ts"
import type { User } from "../domain/User.ts"
import { ChatClientError } from "./ChatClientError.ts"
import type { Runtime } from "./Runtime.ts"
import type { Session } from "./Session.ts"
import type { ChatModel } from "./state/ChatModel.ts"
import type { MessageWindow, Page } from "./state/MessageWindow.ts"
import { firstKey } from "./state/OwnState.ts"
import type { Store } from "./state/Store.ts"

type PageKind = "older" | "newer" | "page"

interface StatePage {
  readonly items: ReadonlyArray<StateEntry>
  readonly next: string | null
  readonly version: number
}

const width = 4
const pageSize = 50

export class Loader {
  private readonly loads = new Map<ChatId, Promise<void>>()
  private readonly pages = new Map<
    ChatModel,
    { readonly kind: PageKind; readonly at: number | undefined; readonly done: Promise<void> }
  >()
  private readonly people = new Set<UserId>()
  private readonly queue: Array<() => Promise<void>> = []
  private running = 0
  private readonly runtime: Runtime
  private readonly session: Session
  private readonly store: Store
  private readonly loaded: (model: ChatModel, messages?: ReadonlyArray<Message>) => void
  private readonly gone: (id: ChatId) => void
  private readonly stateLoaded: () => void

  constructor(
    runtime: Runtime,
    session: Session,
    store: Store,
    on: {
      /** `messages`: those of a page; without them the record was loaded. */
      readonly loaded: (model: ChatModel, messages?: ReadonlyArray<Message>) => void
      readonly gone: (id: ChatId) => void
      readonly stateLoaded: () => void
    },
  ) {
    this.runtime = runtime
    this.session = session
    this.store = store
    this.loaded = on.loaded
    this.gone = on.gone
    this.stateLoaded = on.stateLoaded
  }

  /**
   * All chats of the user, each page shown as it arrives. Chats that events mentioned but the list lacks are left to
   * `chat`.
   */
  async list(): Promise<void> {
    const { era } = this.store
    for (const model of this.store.models.values()) model.beginLoad()
    let before: string | undefined
    let limit = pageSize
    do {
      const page: { readonly items: ReadonlyArray<Chat>; readonly next: string | null } = await this.session.request({
        method: "GET",
        path: "/chats",
        query: { limit, before },
      })
      if (era !== this.store.era) return
      for (const chat of page.items) this.loaded(this.store.load(chat))
      before = page.next ?? undefined
      limit = 200
    } while (before !== undefined)
    this.store.chatsLoaded = true
    this.store.changed()
  }

  /** Loads the user's own state, unless it is known up to this version. Retried while there is a connection. */
  ownState(version: number): void {
    const { era, own } = this.store
    if ((own.at ?? 0) === version) {
      own.at = version
      this.stateLoaded()
      return
    }
    own.reset()
    const load = async (): Promise<void> => {
      const items: Array<StateEntry> = []
      let at: number | undefined
      for (let after: string | null = firstKey; after !== null; ) {
        const query = { limit: 200, after }
        const page: StatePage = await this.session.request<StatePage>({ method: "GET", path: "/me/state", query })
        items.push(...page.items)
        // Later pages may be newer: what changed in between arrives, or has arrived, as frames.
        at ??= page.version
        after = page.next
      }
      if (era !== this.store.era) return
      own.load(items, at ?? version)
      this.stateLoaded()
    }
    this.limited(load).catch(() => {
      this.runtime.after(2_000 + this.runtime.random() * 2_000, () => {
        if (era === this.store.era && this.store.online) this.ownState(version)
      })
    })
  }

  /** The user's own state is known up to this version. */
  stateSynced(version: number): void {
    this.store.own.synced(version)
    this.stateLoaded()
  }

  /** Loads the chat's record and members; concurrent requests are merged. */
  chat(id: ChatId): Promise<void> {
    const under = this.loads.get(id)
    if (under !== undefined) return under
    const model = this.store.model(id)
    model.beginLoad()
    const load = this.limited(async () => {
      const chat = await this.wholeChat(id)
      if (this.store.models.get(id) === model) this.loaded(this.store.load(chat))
    }).finally(() => {
      if (this.loads.get(id) === load) this.loads.delete(id)
    })
    this.loads.set(id, load)
    load.then(
      () => {
        if (model.stale) this.runtime.after(200, () => this.repair(id))
      },
      (error: unknown) => this.failed(model, error),
    )
    return load
  }

  /** With all its members, page by page. Concurrent events are applied again to the record. */
  private async wholeChat(id: ChatId): Promise<ChatWithMembers> {
    const { members_next, ...chat } = await this.session.request<ChatWithMembers>({
      method: "GET",
      path: `/chats/${id}`,
    })
    const members = [...chat.members]
    for (let after = members_next ?? null; after !== null; ) {
      const page: MemberPage = await this.session.request<MemberPage>({
        method: "GET",
        path: `/chats/${id}/members`,
        query: { limit: 200, after },
      })
      members.push(...page.items)
      after = page.next
    }
    return { ...chat, members }
  }

  /** Loads the chat if it is known to need it. */
  repair(id: ChatId): void {
    const model = this.store.models.get(id)
    if (model === undefined || (model.chat !== undefined && !model.stale)) return
    this.chat(id).catch(() => {})
  }

  repairAll(): void {
    for (const id of this.store.models.keys()) this.repair(id)
    for (const id of this.people) this.fetchPerson(id)
  }

  /** A page: the newest, before or after the loaded ones, or around a `seq`. One at a time for each chat. */
  async page(model: ChatModel, kind: PageKind, at?: number): Promise<void> {
    for (let under = this.pages.get(model); under !== undefined; under = this.pages.get(model)) {
      if (under.kind === kind && at === under.at) return under.done
      await under.done.catch(() => {})
    }
    const done = this.fetchPage(model, kind, at).finally(() => this.pages.delete(model))
    this.pages.set(model, { kind, at, done })
    return done
  }

  /** Fills up to the newest message, or starts again from there if that is far. */
  async toNewest(model: ChatModel): Promise<void> {
    for (let i = 0; i < 4 && model.window.hasMoreAfter; i++) await this.page(model, "newer")
    if (model.window.hasMoreAfter) await this.page(model, "page")
  }

  private async fetchPage(model: ChatModel, kind: PageKind, at: number | undefined): Promise<void> {
    const { window } = model
    const { epoch } = window
    model.loading = kind
    window.beginFetch()
    this.store.touch(model.id)
    const get = (query: Record<string, number>): Promise<Page> =>
      this.session.request({ method: "GET", path: `/chats/${model.id}/messages`, query: { limit: pageSize, ...query } })
    try {
      const put = await this.pageOf(window, kind, at, get)
      if (epoch !== window.epoch) return
      const messages = put()
      model.learn(messages)
      this.quotes(model, messages)
      this.loaded(model, messages)
    } finally {
      window.endFetch()
      model.loading = null
      this.store.touch(model.id)
    }
  }

  private async pageOf(
    window: MessageWindow,
    kind: PageKind,
    at: number | undefined,
    get: (query: Record<string, number>) => Promise<Page>,
  ): Promise<() => ReadonlyArray<Message>> {
    const of = (page: Page, put: () => void) => () => {
      put()
      return page.items
    }
    if (kind === "older") {
      const page = await get({ before: window.first })
      return of(page, () => window.prepend(page))
    }
    if (kind === "newer") {
      const page = await get({ after: window.last })
      return of(page, () => window.append(page))
    }
    if (at === undefined) {
      const page = await get({})
      return of(page, () => window.replace(page.items, page.has_more, false))
    }
    const page: Page & { readonly has_newer?: boolean } = await get({ around: at })
    return of(page, () => window.replace(page.items, page.has_more, page.has_newer === true))
  }

  /** A message has arrived: the message that it quotes is shown with it, or decides whether it counts as a mention. */
  quote(message: Message): void {
    const model = this.store.models.get(message.chat_id)
    if (model === undefined) return
    if (model.open) this.quotes(model, [message])
    else if (model.mentions.unsure.has(message.id)) {
      // All members of a large group may need it.
      this.runtime.after(this.runtime.random() * 2_000, () => this.quotes(model, [message]))
    }
  }

  /** Loads the quoted messages that are missing, and the names of first authors, who may be in no chat of the user. */
  quotes(model: ChatModel, messages: ReadonlyArray<Message>): void {
    for (const { forwarded } of messages)
      if (forwarded != null && forwarded.sender_id !== null) this.person(forwarded.sender_id)
    const ids = model.quotes.missing(messages, model.window, Limits.ids)
    if (ids.length === 0) return
    this.limited(() =>
      this.session.request<{ readonly items: ReadonlyArray<Message> }>({
        method: "GET",
        path: "/messages",
        query: { ids: ids.join(",") },
      }),
    ).then(
      ({ items }) => {
        model.quotes.put(items.filter(({ chat_id }) => chat_id === model.id))
        model.quoted()
        this.store.touch(model.id)
      },
      () => {
        model.quotes.forget(ids)
        if (model.mentions.unsure.size > 0) model.stale = true
      },
    )
  }

  /** Loads the name of a user sooner or later. */
  person(id: UserId): void {
    if (this.store.knows(id) || this.people.has(id)) return
    this.people.add(id)
    this.fetchPerson(id)
  }

  private fetchPerson(id: UserId): void {
    this.limited(async () => {
      if (!this.store.knows(id))
        this.store.learn(await this.session.request<User>({ method: "GET", path: `/users/${id}` }))
      this.people.delete(id)
    }).catch((error: unknown) => {
      if (error instanceof ChatClientError && error.status === 404) this.people.delete(id)
    })
  }

  /** The user has signed out. */
  reset(): void {
    this.loads.clear()
    this.people.clear()
  }

  private failed(model: ChatModel, error: unknown): void {
    if (this.store.models.get(model.id) !== model) return
    if (error instanceof ChatClientError && (error.status === 404 || error.tag === "SignedOut")) {
      if (error.status === 404) this.gone(model.id)
      return
    }
    model.stale = true
    if (model.chat !== undefined) model.recorded = undefined
    this.runtime.after(2_000 + this.runtime.random() * 2_000, () => {
      if (this.store.online) this.repair(model.id)
    })
  }

  private limited<A>(task: () => Promise<A>): Promise<A> {
    return new Promise((resolve, reject) => {
      this.queue.push(async () => {
        try {
          resolve(await task())
        } catch (error) {
          reject(error)
        }
      })
      this.drain()
    })
  }

  private drain(): void {
    while (this.running < width) {
      const task = this.queue.shift()
      if (task === undefined) return
      this.running++
      void task().finally(() => {
        this.running--
        this.drain()
      })
    }
  }
}
