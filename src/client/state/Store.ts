// Owns the whole state of a client, and provides it as immutable snapshots that share unchanged parts.
import type { ServerFrame } from "../../contract/ServerFrame.ts"
import type { Chat, ChatWithMembers } from "../../domain/Chat.ts"
import type { ChatSettings } from "../../domain/ChatSettings.ts"
import type { ChatId, SessionId, UserId } from "../../domain/Ids.ts"
import type { Me, User } from "../../domain/User.ts"
import type { Runtime } from "../Runtime.ts"
import { ChatModel } from "./ChatModel.ts"
import type { ChatState, ChatView, ConnectionState, Conversation, DeviceSession, PendingMessage } from "./ChatState.ts"
import { chatOf, noSettings, OwnState } from "./OwnState.ts"
import { PresenceTable } from "./PresenceTable.ts"
import { type Change, reordered } from "./reordered.ts"
import type { UnknownFrame } from "./UnknownFrame.ts"
import { conversationOf, same, viewOf } from "./views.ts"

const nothing: ReadonlyArray<PendingMessage> = []

const sameUser = (a: User, b: User): boolean =>
  a.display_name === b.display_name &&
  a.username === b.username &&
  a.avatar === b.avatar &&
  JSON.stringify(a.custom) === JSON.stringify(b.custom)

/** What others see of the user, and what only the user does. */
const partsOf = ({ email, server_role, ...user }: Me): { user: User; own: Omit<Me, keyof User> } => {
  // A new field of `Me` does not compile here until it is in `own`.
  user satisfies Readonly<Record<Exclude<keyof typeof user, keyof User>, never>>
  return { user, own: { email, ...(server_role === undefined ? {} : { server_role }) } }
}

export class Store {
  readonly models = new Map<ChatId, ChatModel>()
  /** Unsent messages, by chat; each array is replaced when it changes. */
  readonly pending = new Map<ChatId, ReadonlyArray<PendingMessage>>()
  readonly presence: PresenceTable
  readonly own = new OwnState((key) => this.ownChanged(key))
  /** The own state has another draft of the chat. */
  draftChanged: (id: ChatId) => void = () => {}
  me: Me | null = null
  sessionId: SessionId | null = null
  chatsLoaded = false
  mismatches = 0
  /** Replaced when it changes. */
  storedDrafts: ReadonlyMap<ChatId, string> = new Map()
  /** Grows when another user signs in: an answer for the former one is ignored. */
  era = 0
  private connection: ConnectionState = { status: "signed_out", reason: "never" }
  private sessions: ReadonlyArray<DeviceSession> | null = null
  private users = new Map<UserId, User>()
  private usersShared = false
  private readonly touched = new Set<ChatId>()
  private dirty = true
  private announced = false
  private state: ChatState | null = null
  private readonly listeners = new Set<() => void>()
  private readonly watchers = new Set<(frame: ServerFrame | UnknownFrame) => void>()
  private readonly runtime: Runtime

  constructor(runtime: Runtime) {
    this.runtime = runtime
    this.presence = new PresenceTable(runtime, () => this.changed())
  }

  subscribe(listener: () => void): () => void {
    const own = () => listener()
    this.listeners.add(own)
    return () => this.listeners.delete(own)
  }

  watch(listener: (frame: ServerFrame | UnknownFrame) => void): () => void {
    const own = (frame: ServerFrame | UnknownFrame) => listener(frame)
    this.watchers.add(own)
    return () => this.watchers.delete(own)
  }

  private ownChanged(key: string): void {
    const draft = chatOf(key, "draft:")
    const chat = chatOf(key, "chat:")
    if (draft !== undefined) this.draftChanged(draft)
    else if (chat !== undefined) this.touch(chat)
    else this.changed()
  }

  tell(frame: ServerFrame | UnknownFrame): void {
    for (const listener of this.watchers) this.call(() => listener(frame))
  }

  setConnection(connection: ConnectionState): void {
    this.connection = connection
    this.changed()
  }

  get online(): boolean {
    return this.connection.status === "online"
  }

  setMe(me: Me | null): void {
    this.me = me
    if (me !== null) this.learn(partsOf(me).user)
    this.changed()
  }

  setSessions(sessions: ReadonlyArray<DeviceSession>): void {
    this.sessions = sessions
    this.changed()
  }

  /** No user is signed in: all state of the former one is dropped. */
  clear(): void {
    this.era++
    this.models.clear()
    this.pending.clear()
    this.me = null
    this.sessionId = null
    this.sessions = null
    this.chatsLoaded = false
    this.mismatches = 0
    this.storedDrafts = new Map()
    this.users = new Map()
    this.presence.clear()
    this.own.clear()
    this.state = null
    this.changed()
  }

  model(id: ChatId): ChatModel {
    let model = this.models.get(id)
    if (model === undefined) {
      model = new ChatModel(id, this.myId)
      this.models.set(id, model)
    }
    return model
  }

  /** 0 while no user is signed in: no user has this id. */
  get myId(): UserId {
    return this.me?.id ?? (0 as UserId)
  }

  load(chat: Chat | ChatWithMembers): ChatModel {
    const model = this.model(chat.id)
    model.load(chat)
    if (chat.peer !== null) this.learn(chat.peer)
    if ("members" in chat) for (const member of chat.members) this.learn(member.user)
    this.touch(chat.id)
    return model
  }

  /** The other one of a private chat has a device with the messages up to there. */
  delivered(id: ChatId, seq: number): void {
    const model = this.models.get(id)
    if (model === undefined || seq <= model.members.delivered) return
    model.members.delivered = seq
    this.touch(id)
  }

  remove(id: ChatId): void {
    this.models.delete(id)
    this.touch(id)
  }

  learn(user: User): void {
    const known = this.users.get(user.id)
    if (known !== undefined && sameUser(known, user)) return
    if (this.usersShared) this.users = new Map(this.users)
    this.usersShared = false
    this.users.set(user.id, user)
    for (const model of this.models.values()) if (model.chat?.peer?.id === user.id) this.touch(model.id)
    this.changed()
  }

  /** The profile has changed: everything that shows the user shows the new one. */
  replaceUser(user: User): void {
    this.learn(user)
    for (const model of this.models.values()) if (model.members.putUser(user)) this.touch(model.id)
    if (this.me?.id !== user.id) return
    this.setMe({ ...user, ...partsOf(this.me).own })
  }

  knows(id: UserId): boolean {
    return this.users.has(id)
  }

  touch(id: ChatId): void {
    this.touched.add(id)
    this.changed()
  }

  changed(): void {
    this.dirty = true
    if (this.announced) return
    this.announced = true
    this.runtime.soon(() => {
      this.announced = false
      for (const listener of this.listeners) this.call(listener)
    })
  }

  /** A listener that throws does not stop the others. */
  private call(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      this.runtime.report(error)
    }
  }

  getState(): ChatState {
    if (this.state === null || this.dirty) this.state = this.build(this.state)
    return this.state
  }

  private build(before: ChatState | null): ChatState {
    const views = new Map(before?.chatById)
    const conversations = new Map(before?.conversations)
    const changes: Array<Change> = []
    let opened = before === null
    for (const id of this.touched) {
      const shown = views.get(id)
      const view = this.view(id, shown)
      if (view !== shown) {
        changes.push([shown, view])
        if (view === undefined) views.delete(id)
        else views.set(id, view)
      }
      const conversation = this.conversation(id, conversations.get(id))
      if (conversation !== conversations.get(id)) {
        opened = true
        if (conversation === undefined) conversations.delete(id)
        else conversations.set(id, conversation)
      }
    }
    this.touched.clear()
    this.dirty = false
    this.usersShared = true
    const unchanged = before !== null && changes.length === 0
    const chats = unchanged ? before.chats : reordered(before?.chats ?? [], changes, views)
    const next: ChatState = {
      connection: this.connection,
      me: this.me,
      sessionId: this.sessionId,
      chatsLoaded: this.chatsLoaded,
      chats,
      chatById: unchanged ? before.chatById : views,
      conversations: before !== null && !opened ? before.conversations : conversations,
      storedDrafts: this.storedDrafts,
      users: this.users,
      presence: this.presence.snapshot(),
      settings: this.own.withWishes("settings", this.own.settings()) ?? noSettings,
      blocks: this.own.blocks(),
      scheduled: this.own.scheduled(),
      sessions: this.sessions,
      mismatches: this.mismatches,
      unreadTotal: chats.reduce((sum, chat) => sum + chat.unread_count, 0),
    }
    return before !== null && same(before, next) ? before : next
  }

  /** As the server has them. */
  chatSettings(id: ChatId): ChatSettings | undefined {
    return this.own.knows(`chat:${id}`) ? this.own.chat(id) : this.models.get(id)?.chat?.settings
  }

  private view(id: ChatId, before: ChatView | undefined): ChatView | undefined {
    const model = this.models.get(id)
    if (model?.chat === undefined) return undefined
    const peer = model.chat.peer === null ? null : (this.users.get(model.chat.peer.id) ?? model.chat.peer)
    const settings = this.own.withWishes(`chat:${id}`, this.chatSettings(id))
    return viewOf(model, model.chat, settings, peer, this.pending.get(id) ?? nothing, before)
  }

  private conversation(id: ChatId, before: Conversation | undefined): Conversation | undefined {
    const model = this.models.get(id)
    const pending = this.pending.get(id) ?? nothing
    if (model === undefined ? pending.length === 0 : !model.open && pending.length === 0) return undefined
    return conversationOf(id, model, pending, before)
  }
}
