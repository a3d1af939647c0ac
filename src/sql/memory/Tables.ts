// The tables of the in-memory stores: one set, shared by all of them, like one database. Rows are replaced, never
// changed in place, so that what a reader has received stays the same.
import { Context, Effect, Layer } from "effect"
import { blockKey } from "../../domain/blocks.ts"
import type { ChatType, Role } from "../../domain/Chat.ts"
import type { ChatInfo } from "../../domain/ChatInfo.ts"
import type { BlobId, FileId, FileKind } from "../../domain/File.ts"
import type { ChatId, MessageId, SessionId, UserId } from "../../domain/Ids.ts"
import type { JsonObject } from "../../domain/Json.ts"
import { hidesReading } from "../../domain/ReadReceipts.ts"
import type { ServerRole, UserInfo } from "../../domain/User.ts"
import type { JobName } from "../../kinds/JobKinds.ts"
import type { KeptEntry } from "../audit/shape.ts"
import type { NewBlob, NewFile } from "../files/shape.ts"
import type { Invite, NewInvite } from "../invites/shape.ts"
import type { MentionRow } from "../journal/mentionRows.ts"
import type { FormerText, RecordRow, StoredMessage } from "../journal/shape.ts"
import type { NewUser } from "../users/shape.ts"

/** A deleted account has no name, e-mail and password. */
export interface UserRow extends Omit<NewUser, "email" | "password_hash"> {
  readonly id: UserId
  readonly info: UserInfo
  readonly email: string | null
  readonly password_hash: string | null
  readonly suspended_at: number | null
  readonly server_role: ServerRole | null
  readonly deleted_at: number | null
  readonly departed_at: number | null
}

export interface SessionRecord {
  readonly id: SessionId
  readonly user_id: UserId
  readonly user_agent: string | null
  readonly created_at: number
  readonly last_used_at: number
  readonly expires_at: number
  readonly ended_at: number | null
  /** These four as in `RefreshState`. */
  readonly generation: number
  readonly refresh_hash: Uint8Array | null
  readonly refresh_key: Uint8Array | null
  readonly refreshed_at: ReadonlyArray<number>
  /** For another issuer's tokens: see IdentityStore. In hexadecimal. */
  readonly foreign_key?: string
}

export interface FollowerCursorRow {
  readonly follower: string
  readonly version: number
  readonly state: JsonObject
}

export interface ChatRow {
  readonly id: ChatId
  readonly type: ChatType
  readonly name: string | null
  readonly info: ChatInfo
  readonly created_by: UserId
  readonly created_at: number
  readonly version: number
  readonly last_seq: number
  readonly name_version: number
  readonly last_activity: number
  readonly deleted: boolean
  readonly fence: number
}

/** See migrations/0001: the same columns with the same meaning. */
export interface MembershipRow {
  readonly user_id: UserId
  readonly role: Role
  readonly last_read_seq: number
  readonly private_read_seq: number
  readonly joined_at: number
  readonly joined_version: number
  readonly version: number
  readonly read_version: number
  readonly removed: boolean
}

export interface MessageRow extends StoredMessage {
  readonly created_version: number
}

export interface ChatTable {
  row: ChatRow
  readonly members: Map<UserId, MembershipRow>
  /** The message with `seq` n is at index n - 1. */
  readonly messages: Array<MessageRow>
  /** The former texts of each edited message, oldest first. */
  readonly former: Map<MessageId, ReadonlyArray<FormerText>>
  /** By sender and key. */
  readonly keys: Map<string, number>
  /** By kind and key. */
  readonly records: Map<string, RecordRow>
  /** By message. */
  readonly mentions: Map<MessageId, ReadonlyArray<MentionRow>>
  /** By member: see migrations/0026. */
  readonly delivered: Map<UserId, number>
}

/** One person's own state: see migrations/0012. */
export interface OwnStateTable {
  readonly version: number
  readonly purged: number
  /** By key. */
  readonly entries: ReadonlyMap<string, OwnStateRow>
}

export interface OwnStateRow {
  readonly key: string
  readonly value: string | null
  readonly version: number
  readonly chat_id: ChatId | null
  /** What a scheduled message became. */
  readonly message_id?: MessageId
}

/** See migrations/0016. */
export interface JobRow {
  readonly kind: JobName
  readonly user_id: UserId | null
  readonly key: string
  readonly due_at: number
  readonly attempts: number
  readonly claim: number | null
}

/** See migrations/0019, as the next two. */
export interface BlobRow extends NewBlob {
  readonly dead_at: number | null
  readonly doomed: boolean
}

export interface FileRow extends NewFile {
  readonly id: FileId
  readonly used_until: number | null
  readonly held_until: number | null
}

export interface AttachmentRow {
  readonly chat_id: ChatId
  readonly seq: number
  readonly place: number
  readonly file_id: FileId
  readonly kind: FileKind
}

export class Tables extends Context.Service<
  Tables,
  {
    readonly users: Map<UserId, UserRow>
    /** By issuer and subject, as JSON. */
    readonly identities: Map<string, UserId>
    readonly sessions: Map<SessionId, SessionRecord>
    /** By user, whom they have found by name, and when. */
    readonly found: Map<UserId, ReadonlyMap<UserId, number>>
    readonly invites: Map<number, NewInvite & Invite>
    /** By the hash, in hexadecimal. */
    readonly chats: Map<ChatId, ChatTable>
    /** The private chat of two users, by `pairKey`. */
    readonly pairs: Map<string, ChatId>
    /** By user, the chats of which they are or were a member. */
    readonly memberships: Map<UserId, Set<ChatId>>
    /** Yields each id once, also after rows are deleted. */
    readonly nextId: { chat: number; message: number; auditEntry: number; jobClaim: number; file: number }
    readonly auditLog: Map<number, KeptEntry>
    /** The position of each message. */
    readonly places: Map<MessageId, { readonly chat_id: ChatId; readonly seq: number }>
    readonly state: Map<UserId, OwnStateTable>
    /** By kind, user and key. */
    readonly jobs: Map<string, JobRow>
    /** By chat and follower. */
    readonly followerCursors: Map<string, FollowerCursorRow>
    readonly blobs: Map<BlobId, BlobRow>
    readonly files: Map<FileId, FileRow>
    /** By chat, `seq` and place: see `attachmentKey`. */
    readonly attachments: Map<string, AttachmentRow>
  }
>()("confab/sql/memory/Tables") {
  static readonly layer = Layer.effect(
    Tables,
    Effect.sync(() =>
      Tables.of({
        users: new Map(),
        identities: new Map(),
        sessions: new Map(),
        found: new Map(),
        invites: new Map(),
        chats: new Map(),
        pairs: new Map(),
        memberships: new Map(),
        nextId: { chat: 1, message: 1, auditEntry: 1, jobClaim: 1, file: 1 },
        auditLog: new Map(),
        places: new Map(),
        state: new Map(),
        jobs: new Map(),
        followerCursors: new Map(),
        blobs: new Map(),
        files: new Map(),
        attachments: new Map(),
      }),
    ),
  )
}

export const pairKey = (a: UserId, b: UserId): string => (a < b ? `${a}:${b}` : `${b}:${a}`)

export const attachmentKey = ({ chat_id, place, seq }: Pick<AttachmentRow, "chat_id" | "seq" | "place">): string =>
  `${chat_id}:${seq}:${place}`

export const dedupKey = (sender_id: UserId, dedup_key: string): string => `${sender_id}:${dedup_key}`

/** The chat, unless it was deleted. */
export const liveChat = (tables: Tables["Service"], chat_id: ChatId): ChatTable | undefined => {
  const chat = tables.chats.get(chat_id)
  return chat === undefined || chat.row.deleted ? undefined : chat
}

/** The chat and this user's membership; undefined for a non-member. */
export const membership = (
  tables: Tables["Service"],
  chat_id: ChatId,
  user_id: UserId,
): { readonly chat: ChatTable; readonly member: MembershipRow } | undefined => {
  const chat = liveChat(tables, chat_id)
  const member = chat?.members.get(user_id)
  return chat === undefined || member === undefined || member.removed ? undefined : { chat, member }
}

/** Whether one user has blocked another. */
export const hasBlocked = (tables: Tables["Service"], owner: UserId, other: UserId): boolean =>
  (tables.state.get(owner)?.entries.get(blockKey(other))?.value ?? null) !== null

export const readsPrivately = (tables: Tables["Service"], user_id: UserId): boolean =>
  tables.state.get(user_id)?.entries.get("settings")?.value?.includes(hidesReading) === true

export const present = (chat: ChatTable): ReadonlyArray<MembershipRow> =>
  [...chat.members.values()].filter((member) => !member.removed)

export const remember = (tables: Tables["Service"], user_id: UserId, chat_id: ChatId): void => {
  const chats = tables.memberships.get(user_id)
  if (chats === undefined) tables.memberships.set(user_id, new Set([chat_id]))
  else chats.add(chat_id)
}
