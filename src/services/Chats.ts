// What users can do with chats and their members. The only way from the edges to a chat's actor.
import { Clock, Context, Effect, Exit, Layer, Semaphore } from "effect"
import { ChatActors } from "../actors/ChatActors.ts"
import type { Answer, Command, CommandError } from "../actors/rules/Command.ts"
import { Broadcast } from "../broadcast/Broadcast.ts"
import { Settings } from "../config/Settings.ts"
import type { Chat, ChatWithMembers, Member, MemberPage, Role } from "../domain/Chat.ts"
import { type InfoPatch, patched } from "../domain/ChatInfo.ts"
import {
  Blocked,
  ChatFull,
  ChatNotFound,
  type FileNotFound,
  type MemberNotFound,
  NotAllowed,
  PrivateChatWithOneself,
  TooManyChats,
  type TooManyRequests,
  type Unavailable,
  UserNotFound,
} from "../domain/errors.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import { storedName } from "../domain/Name.ts"
import { timestamp } from "../domain/Timestamp.ts"
import { type Candidate, ChatStore, type MemberRange, type NewChat } from "../sql/chats/ChatStore.ts"
import { FileStore } from "../sql/files/FileStore.ts"
import { Directory } from "./Directory.ts"
import { RateLimits } from "./limits/RateLimits.ts"
import { OwnState } from "./OwnState.ts"
import { holdOwnPhoto } from "./ownPhoto.ts"

export interface ChatPage {
  readonly items: ReadonlyArray<Chat>
  readonly next: string | null
}

/** Members that the chat itself contains. */
const firstMembers = 200

/** The maximum number of missing users in an error. */
const maxNamed = 100

export class Chats extends Context.Service<
  Chats,
  {
    createGroup(
      by: UserId,
      name: string,
      member_ids: ReadonlyArray<UserId>,
      info?: Omit<InfoPatch, "name">,
    ): Effect.Effect<
      Chat,
      UserNotFound | FileNotFound | Blocked | ChatFull | TooManyChats | TooManyRequests | Unavailable
    >
    /** `created: false`: they already had one; it is returned. */
    openPrivate(
      by: UserId,
      peer: UserId,
    ): Effect.Effect<
      { readonly chat: Chat; readonly created: boolean },
      UserNotFound | PrivateChatWithOneself | Blocked | TooManyChats | TooManyRequests | Unavailable
    >
    /** The same for a sender: the actor of a chat that exists decides whether they are blocked. */
    privateChat(
      by: UserId,
      peer: UserId,
    ): Effect.Effect<
      ChatId,
      UserNotFound | PrivateChatWithOneself | Blocked | TooManyChats | TooManyRequests | Unavailable
    >
    /** The user's chat with themselves, created when there is none. */
    openSaved(
      by: UserId,
    ): Effect.Effect<{ readonly chat: Chat; readonly created: boolean }, TooManyChats | TooManyRequests | Unavailable>
    list(by: UserId, limit: number, before: string | undefined): Effect.Effect<ChatPage, Unavailable>
    get(by: UserId, chat_id: ChatId): Effect.Effect<ChatWithMembers, ChatNotFound | Unavailable>
    members(by: UserId, chat_id: ChatId, range: MemberRange): Effect.Effect<MemberPage, ChatNotFound | Unavailable>
    /** Name, description, avatar and custom; null removes a value. */
    change(
      by: UserId,
      chat_id: ChatId,
      patch: InfoPatch,
    ): Effect.Effect<Chat, ChatNotFound | FileNotFound | NotAllowed | TooManyRequests | Unavailable>
    remove(by: UserId, chat_id: ChatId): Effect.Effect<void, ChatNotFound | NotAllowed | TooManyRequests | Unavailable>
    /** The named users, new or not; the caller's own id and repeats count once. */
    addMembers(
      by: UserId,
      chat_id: ChatId,
      user_ids: ReadonlyArray<UserId>,
    ): Effect.Effect<
      ReadonlyArray<Member>,
      ChatNotFound | NotAllowed | Blocked | UserNotFound | ChatFull | TooManyChats | TooManyRequests | Unavailable
    >
    setRole(
      by: UserId,
      chat_id: ChatId,
      user_id: UserId,
      role: Role,
    ): Effect.Effect<Member, ChatNotFound | NotAllowed | MemberNotFound | TooManyRequests | Unavailable>
    removeMember(
      by: UserId,
      chat_id: ChatId,
      user_id: UserId,
    ): Effect.Effect<void, ChatNotFound | NotAllowed | MemberNotFound | TooManyRequests | Unavailable>
    /**
     * For the socket edge, which applies the user's rate limit itself: a command without a fiber, `reply` called once.
     */
    tell<C extends Command>(
      chat_id: ChatId,
      command: C,
      reply: (exit: Exit.Exit<Answer<C>, CommandError<C>>) => void,
    ): void
  }
>()("confab/services/Chats") {
  static readonly layer = Layer.effect(
    Chats,
    Effect.gen(function* () {
      const rows = yield* ChatStore
      const limits = yield* RateLimits
      const actors = yield* ChatActors
      const broadcast = yield* Broadcast
      const state = yield* OwnState
      const files = yield* FileStore
      const directory = yield* Directory
      const callback = Effect.runCallbackWith(yield* Effect.context<never>())
      const { maxChats, maxGroupMembers } = yield* Settings
      const stripes = Effect.all(Array.from({ length: 64 }, () => Semaphore.make(1)))
      // A private chat that is being created concurrently is only found once its first event is published.
      const pairs = yield* stripes
      const pairLock = (a: UserId, b: UserId) => pairs[(a + b) % pairs.length]!
      // One user's chats are created sequentially, so that each is counted before the next.
      const makers = yield* stripes
      const inTurn = (by: UserId) => makers[by % makers.length]!.withPermit

      /** Those whom the user may not name are missing like those who do not exist. */
      const mustExist = Effect.fnUntraced(function* (
        by: UserId,
        ids: ReadonlyArray<UserId>,
        found: ReadonlyArray<Candidate>,
      ) {
        const nameable = yield* directory.nameable(by, ids)
        const there = new Set(
          found.flatMap(({ deleted, present, user_id }) =>
            !deleted && (present || nameable.has(user_id)) ? [user_id] : [],
          ),
        )
        const missing = ids.filter((id) => id !== by && !there.has(id))
        // The length of an answer has a limit that callers cannot raise.
        if (missing.length > 0) return yield* new UserNotFound({ user_ids: missing.slice(0, maxNamed) })
      })

      /**
       * If a user has the maximum number of chats, none of the named users is added. Checked before the change:
       * concurrent changes, or those on other nodes, may exceed the limit.
       */
      const mustHaveRoom = Effect.fnUntraced(function* (found: ReadonlyArray<Candidate>) {
        const full = found.flatMap(({ full, present, user_id }) => (full && !present ? [user_id] : []))
        if (full.length > 0) return yield* new TooManyChats({ user_ids: full.slice(0, maxNamed), max_chats: maxChats })
      })

      const mustNotBlock = Effect.fnUntraced(function* (found: ReadonlyArray<Candidate>) {
        const user_ids = found.flatMap(({ blocked, user_id }) => (blocked ? [user_id] : []))
        if (user_ids.length > 0) return yield* new Blocked({ user_ids: user_ids.slice(0, maxNamed) })
      })

      /** For a new chat of a creator and others. */
      const mayBegin = Effect.fnUntraced(function* (by: UserId, others: ReadonlyArray<UserId>) {
        const found = yield* rows.candidates(by, undefined, [by, ...others], maxChats)
        yield* mustExist(by, others, found)
        yield* mustNotBlock(found)
        yield* mustHaveRoom(found)
      })

      const mine = Effect.fnUntraced(function* (chat_id: ChatId, by: UserId) {
        const chat = yield* rows.get(chat_id, by)
        return chat ?? (yield* new ChatNotFound())
      })

      /** Done once its first event is published. */
      const create = Effect.fnUntraced(function* (chat: NewChat) {
        const { chat_id, created } = yield* rows.create(chat)
        if (created) {
          const { type, name, created_by, member_ids, info = {} } = chat
          const summary = {
            id: chat_id,
            type,
            name,
            created_by,
            created_at: timestamp(chat.created_at),
            member_count: 1 + member_ids.length,
            ...info,
          }
          yield* broadcast.publish({
            _tag: "ChatEvents",
            chat_id,
            events: [{ _tag: "ChatCreated", version: 1, chat: summary, member_ids: [created_by, ...member_ids] }],
            fully_read: [],
          })
        }
        return { chat_id, created }
      })

      /** A chat that its member has just created or found; gone only if it was deleted concurrently. */
      const show = (chat_id: ChatId, by: UserId) => Effect.catchTag(mine(chat_id, by), "ChatNotFound", Effect.die)

      /** The one chat of a pair; `peer` is the user in a saved chat. */
      const openPair = Effect.fnUntraced(function* (type: "private" | "saved", by: UserId, peer: UserId) {
        const { withPermit } = pairLock(by, peer)
        const found = yield* rows.privateChat(by, peer)
        if (found !== undefined) {
          yield* withPermit(Effect.void)
          return { chat_id: found, created: false }
        }
        yield* limits.demand("chats", by)
        const created_at = yield* Clock.currentTimeMillis
        const member_ids = type === "saved" ? [] : [peer]
        return yield* Effect.andThen(
          mayBegin(by, member_ids),
          withPermit(create({ type, name: null, created_by: by, member_ids, created_at })),
        ).pipe(inTurn(by))
      })

      const shown = Effect.fnUntraced(function* (
        by: UserId,
        { chat_id, created }: { readonly chat_id: ChatId; readonly created: boolean },
      ) {
        return { chat: yield* show(chat_id, by), created }
      })

      const mustBeTwo = (by: UserId, peer: UserId) =>
        by === peer ? Effect.fail(new PrivateChatWithOneself()) : Effect.void

      const tellActor: Chats["Service"]["tell"] = (chat_id, command, reply) => {
        const sends = command._tag === "Send"
        const reads = sends || command._tag === "Read"
        if (!reads || !state.mayBeMarked(command.by, chat_id, sends)) return actors.tell(chat_id, command, reply)
        actors.tell(chat_id, command, (exit) => {
          if (exit._tag === "Success") state.noteRead(command.by, chat_id)
          reply(exit)
        })
      }

      return Chats.of({
        createGroup: Effect.fn("Chats.createGroup")(function* (by, name, ids, info = {}) {
          const member_ids = [...new Set(ids)].filter((id) => id !== by)
          if (member_ids.length >= maxGroupMembers) return yield* new ChatFull({ max_members: maxGroupMembers })
          yield* limits.demand("chats", by)
          yield* limits.demand("members", by, member_ids.length)
          if (info.avatar != null) yield* holdOwnPhoto(files, by, info.avatar)
          const created_at = yield* Clock.currentTimeMillis
          const named = patched({ name: storedName(name), info: {} }, info) ?? { name: storedName(name), info: {} }
          const { chat_id } = yield* Effect.andThen(
            mayBegin(by, member_ids),
            create({ type: "group", ...named, created_by: by, member_ids, created_at }),
          ).pipe(inTurn(by))
          return yield* show(chat_id, by)
        }),
        openPrivate: Effect.fn("Chats.openPrivate")(function* (by, peer) {
          yield* mustBeTwo(by, peer)
          const opened = yield* openPair("private", by, peer)
          if (!opened.created) yield* mustNotBlock(yield* rows.candidates(by, undefined, [peer], 0))
          return yield* shown(by, opened)
        }),
        privateChat: Effect.fn("Chats.privateChat")(function* (by, peer) {
          yield* mustBeTwo(by, peer)
          return (yield* openPair("private", by, peer)).chat_id
        }),
        openSaved: Effect.fn("Chats.openSaved")(function* (by) {
          // There is no one else to be named.
          const opened = openPair("saved", by, by).pipe(
            Effect.catchTags({ Blocked: Effect.die, UserNotFound: Effect.die }),
          )
          return yield* shown(by, yield* opened)
        }),
        list: Effect.fn("Chats.list")((by, limit, before) => rows.list(by, limit, before)),
        get: Effect.fn("Chats.get")(function* (by, chat_id) {
          const chat = yield* mine(chat_id, by)
          const { items, next } = yield* rows.members(chat_id, { limit: firstMembers })
          return next === null ? { ...chat, members: items } : { ...chat, members: items, members_next: next }
        }),
        members: Effect.fn("Chats.members")(function* (by, chat_id, range) {
          if (!(yield* rows.isMember(chat_id, by))) return yield* new ChatNotFound()
          return yield* rows.members(chat_id, range)
        }),
        change: Effect.fn("Chats.change")(function* (by, chat_id, patch) {
          yield* limits.demand("messages", by)
          // The present avatar may be of another member.
          const isNew = patch.avatar != null && (yield* mine(chat_id, by)).avatar !== patch.avatar
          if (isNew && patch.avatar != null) yield* holdOwnPhoto(files, by, patch.avatar)
          yield* actors.ask(chat_id, { _tag: "SetInfo", by, patch })
          return yield* mine(chat_id, by)
        }),
        remove: Effect.fn("Chats.remove")(function* (by, chat_id) {
          yield* limits.demand("messages", by)
          yield* actors.ask(chat_id, { _tag: "DeleteChat", by })
          yield* state.forgetChat(chat_id, undefined)
        }),
        addMembers: Effect.fn("Chats.addMembers")(function* (by, chat_id, user_ids) {
          yield* limits.demand("messages", by)
          // A caller outside the chat learns nothing, not even which users exist.
          const own = yield* rows.role(chat_id, by)
          if (own === undefined) return yield* new ChatNotFound()
          if (own.role === "member" || own.type !== "group") return yield* new NotAllowed()
          const ids = [...new Set(user_ids)]
          if (ids.length > maxGroupMembers) return yield* new ChatFull({ max_members: maxGroupMembers })
          const found = yield* rows.candidates(by, chat_id, ids, maxChats)
          yield* mustExist(by, ids, found)
          yield* mustNotBlock(found.filter(({ present }) => !present))
          yield* limits.demand("members", by, found.filter(({ present }) => !present).length)
          yield* mustHaveRoom(found)
          return yield* actors.ask(chat_id, { _tag: "AddMembers", by, user_ids: ids })
        }),
        setRole: Effect.fn("Chats.setRole")(function* (by, chat_id, user_id, role) {
          yield* limits.demand("messages", by)
          return yield* actors.ask(chat_id, { _tag: "SetRole", by, user_id, role })
        }),
        removeMember: Effect.fn("Chats.removeMember")(function* (by, chat_id, user_id) {
          yield* limits.demand("messages", by)
          yield* actors.ask(chat_id, { _tag: "RemoveMember", by, user_id })
          yield* state.forgetChat(chat_id, [user_id])
        }),
        tell: (chat_id, command, reply) => {
          if (command._tag !== "Read" || !state.mayReadPrivately(command.by)) return tellActor(chat_id, command, reply)
          const { by, seq } = command
          callback(state.read(by, chat_id, seq), {
            onExit: (exit) => {
              if (Exit.isSuccess(exit) && state.mayBeMarked(by, chat_id, false)) state.noteRead(by, chat_id)
              // The answer of a `Read`.
              reply(exit as Parameters<typeof reply>[0])
            },
          })
        },
      })
    }),
  )
}
