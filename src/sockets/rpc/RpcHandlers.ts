// The handlers of the remote procedures: each calls one service method for the user of the socket. No rules here.
import { Effect, Schema } from "effect"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { Limits } from "../../contract/Limits.ts"
import { MentionPage, MessagePage, Thread } from "../../contract/MessagesApi.ts"
import { EditHistory } from "../../domain/EditHistory.ts"
import { canonicalEmoji } from "../../domain/Emoji.ts"
import { NotAllowed } from "../../domain/errors.ts"
import { Message } from "../../domain/Message.ts"
import { timestamp } from "../../domain/Timestamp.ts"
import { Accounts } from "../../services/Accounts.ts"
import { Auth } from "../../services/auth/Auth.ts"
import { Chats } from "../../services/Chats.ts"
import { Directory } from "../../services/Directory.ts"
import { Messages } from "../../services/Messages.ts"
import { OwnState } from "../../services/OwnState.ts"
import { Records } from "../../services/Records.ts"
import { ScheduledMessages } from "../../services/ScheduledMessages.ts"
import { UnreadChats } from "../../services/UnreadChats.ts"
import { Caller, ServedRpcs } from "./Caller.ts"
import { RpcEvents } from "./RpcEvents.ts"

// Pages come from the database as JSON text of our own.
const page = Schema.decodeEffect(Schema.fromJsonString(MessagePage))
const thread = Schema.decodeEffect(Schema.fromJsonString(Thread))
const mentions = Schema.decodeEffect(Schema.fromJsonString(MentionPage))
const edits = Schema.decodeEffect(Schema.fromJsonString(EditHistory))
const items = Schema.decodeEffect(Schema.fromJsonString(Schema.Struct({ items: Schema.Array(Message) })))
const one = Schema.decodeEffect(Schema.fromJsonString(Message))
const list = Schema.decodeEffect(Schema.fromJsonString(Schema.Array(Message)))

const withUser = <A, E, R>(use: (id: CurrentUser["Service"]["user_id"]) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(CurrentUser, ({ user_id }) => use(user_id))

const forbidden = new NotAllowed({ detail: "This is no valid token of this connection's session." })

/** Replaces the connection's token by another one of the same session. */
const authenticate = (auth: Auth["Service"], token: string) =>
  Effect.gen(function* () {
    const connection = yield* Caller
    const identity = yield* Effect.catchTag(auth.authenticate(token), "Unauthorized", () => Effect.fail(forbidden))
    if (!connection.isOf(identity)) return yield* forbidden
    connection.renew(identity.expires_at)
    return { expires_at: timestamp(identity.expires_at) }
  })

export const RpcHandlers = ServedRpcs.toLayer(
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const auth = yield* Auth
    const chats = yield* Chats
    const directory = yield* Directory
    const messages = yield* Messages
    const records = yield* Records
    const unread = yield* UnreadChats
    const state = yield* OwnState
    const scheduled = yield* ScheduledMessages
    const events = yield* RpcEvents
    return ServedRpcs.of({
      Authenticate: ({ token }) => authenticate(auth, token),
      Me: () => withUser((by) => accounts.me(by)),
      GetUser: ({ id }) => withUser((by) => directory.get(by, id)),
      GetUsers: ({ ids }) => withUser((by) => directory.byIds(by, ids)),
      SearchUsers: ({ query, limit }) => withUser((by) => directory.search(by, query, limit ?? Limits.page.default)),
      CreateGroup: ({ name, member_ids, ...info }) => withUser((by) => chats.createGroup(by, name, member_ids, info)),
      OpenPrivateChat: ({ user_id }) => withUser((by) => chats.openPrivate(by, user_id)),
      OpenSavedChat: () => withUser((by) => chats.openSaved(by)),
      ListChats: ({ limit, before }) => withUser((by) => chats.list(by, limit ?? Limits.page.default, before)),
      GetChat: ({ chat_id }) => withUser((by) => chats.get(by, chat_id)),
      Members: ({ chat_id, limit, ...range }) =>
        withUser((by) => chats.members(by, chat_id, { limit: limit ?? Limits.page.default, ...range })),
      ChangeChat: ({ chat_id, ...patch }) => withUser((by) => chats.change(by, chat_id, patch)),
      DeleteChat: ({ chat_id }) => withUser((by) => chats.remove(by, chat_id)),
      AddMembers: ({ chat_id, user_ids }) => withUser((by) => chats.addMembers(by, chat_id, user_ids)),
      SetRole: ({ chat_id, user_id, role }) => withUser((by) => chats.setRole(by, chat_id, user_id, role)),
      RemoveMember: ({ chat_id, user_id }) => withUser((by) => chats.removeMember(by, chat_id, user_id)),
      Unread: () => withUser((by) => unread.count(by)),
      ReadAll: () => withUser((by) => unread.readAll(by)),
      SendMessage: ({ chat_id, ...written }) => withUser((by) => messages.send(by, chat_id, written)),
      SendTo: ({ recipient_id, ...written }) => withUser((by) => messages.sendTo(by, recipient_id, written)),
      EditMessage: ({ message_id, text }) => withUser((by) => messages.edit(by, message_id, text)),
      DeleteMessage: ({ message_id }) => withUser((by) => messages.remove(by, message_id)),
      Edits: ({ message_id }) =>
        withUser((by) => messages.edits(by, message_id)).pipe(
          Effect.flatMap(edits),
          Effect.catchTag("SchemaError", Effect.die),
        ),
      MarkRead: ({ message_id }) => withUser((by) => messages.markRead(by, message_id)),
      Readers: ({ message_id }) => withUser((by) => messages.readers(by, message_id)),
      MessagePage: ({ chat_id, limit, ...place }) =>
        withUser((by) => messages.page(by, chat_id, { limit: limit ?? Limits.page.default, ...place })).pipe(
          Effect.flatMap(page),
          Effect.catchTag("SchemaError", Effect.die),
        ),
      Thread: ({ message_id, limit, ...place }) =>
        withUser((by) => messages.thread(by, message_id, { limit: limit ?? Limits.page.default, ...place })).pipe(
          Effect.flatMap(thread),
          Effect.catchTag("SchemaError", Effect.die),
        ),
      GetMessages: ({ ids }) =>
        withUser((by) => messages.byIds(by, ids)).pipe(
          Effect.flatMap(list),
          Effect.catchTag("SchemaError", Effect.die),
        ),
      GetMessage: ({ message_id }) =>
        withUser((by) => messages.byId(by, message_id)).pipe(
          Effect.flatMap(one),
          Effect.catchTag("SchemaError", Effect.die),
        ),
      React: ({ emoji, message_id, on = true }) =>
        withUser((by) => records.react(by, message_id, canonicalEmoji(emoji) ?? emoji, on)),
      Reactions: ({ message_id, emoji, limit, before }) =>
        withUser((by) =>
          records.reactions(by, message_id, {
            emoji: emoji === undefined ? undefined : canonicalEmoji(emoji),
            limit: limit ?? Limits.page.default,
            before,
          }),
        ).pipe(Effect.map((page) => page ?? { items: [], next: null })),
      Pin: ({ message_id, on = true }) => withUser((by) => records.pin(by, message_id, on)),
      Pins: ({ chat_id }) => withUser((by) => records.pins(by, chat_id)),
      History: ({ chat_id, limit, offset }) =>
        withUser((by) => messages.history(by, chat_id, limit ?? Limits.page.default, offset ?? 0)).pipe(
          Effect.flatMap(list),
          Effect.catchTag("SchemaError", Effect.die),
        ),
      RecentMessages: ({ limit }) =>
        withUser((by) => messages.recent(by, limit ?? Limits.page.default)).pipe(
          Effect.flatMap(items),
          Effect.map((recent) => recent.items),
          Effect.catchTag("SchemaError", Effect.die),
        ),
      Mentions: ({ limit, before }) =>
        withUser((by) => messages.mentions(by, limit ?? Limits.page.default, before)).pipe(
          Effect.flatMap(mentions),
          Effect.catchTag("SchemaError", Effect.die),
        ),
      State: ({ limit, ...range }) =>
        withUser((by) => state.list(by, { limit: limit ?? Limits.page.default, ...range })),
      PutState: ({ key, value }) => withUser((by) => state.put(by, key, value)),
      DeleteState: ({ key }) => withUser((by) => state.remove(by, key)),
      Schedule: ({ chat_id, ...message }) => withUser((by) => scheduled.schedule(by, chat_id, message)),
      Events: (catching) => events.open(catching),
    })
  }),
)
