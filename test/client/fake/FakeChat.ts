// A chat on the fake server: the rules of protocol.md in their plainest form, and what a device missed.
import type { ServerFrame } from "../../../src/contract/ServerFrame.ts"
import type { Chat, ChatSummary, EventMember, Member, Role } from "../../../src/domain/Chat.ts"
import type { ChatSums } from "../../../src/domain/Check.ts"
import type { File } from "../../../src/domain/File.ts"
import type { ChatId, MessageId, UserId } from "../../../src/domain/Ids.ts"
import type { Message } from "../../../src/domain/Message.ts"
import type { User } from "../../../src/domain/User.ts"

interface Row {
  message: Message
  readonly created_version: number
  version: number
}

interface MemberRow {
  readonly user: User
  role: Role
  last_read_seq: number
  readonly joined_at: string
  readonly joined_version: number
  version: number
  read_version: number
  removed: boolean
}

export type Event = Extract<ServerFrame, { version: number }>
/** What a newer server sends. */
export interface NewerEvent {
  readonly type: "poll"
  readonly chat_id: ChatId
  readonly question: string
  readonly version: number
}
export type Publish = (chat: FakeChat, events: ReadonlyArray<Event | NewerEvent>, also: ReadonlyArray<UserId>) => void

export class Refused extends Error {
  readonly code: "invalid" | "not_found" | "forbidden" | "conflict" | "rate_limited" | "unavailable"
  constructor(code: Refused["code"]) {
    super(code)
    this.code = code
  }
}

const eventMember = ({ user, role, last_read_seq, joined_at }: EventMember): EventMember => ({
  user,
  role,
  last_read_seq,
  joined_at,
})

const hidden = (chat_id: ChatId, version: number): NewerEvent => ({ type: "poll", chat_id, question: "", version })

export class FakeChat {
  readonly id: ChatId
  readonly type: "group" | "private"
  name: string | null
  info: Pick<ChatSummary, "description" | "custom"> = {}
  readonly created_by: UserId
  readonly created_at: string
  version = 1
  deleted = false
  /** Events lose what they are about, against all promises: clients move on without the change. */
  hides = false
  readonly rows: Array<Row> = []
  readonly members = new Map<UserId, MemberRow>()
  private name_version = 1
  private readonly polls: Array<NewerEvent> = []
  private readonly publish: Publish

  constructor(id: ChatId, name: string | null, users: ReadonlyArray<User>, at: string, publish: Publish) {
    this.id = id
    this.type = name === null ? "private" : "group"
    this.name = name
    this.created_by = users[0]!.id
    this.created_at = at
    this.publish = publish
    for (const user of users) this.join(user, user.id === this.created_by && name !== null ? "owner" : "member", at)
  }

  get present(): ReadonlyArray<MemberRow> {
    return [...this.members.values()].filter(({ removed }) => !removed)
  }

  has(user: UserId): boolean {
    return !this.deleted && this.members.get(user)?.removed === false
  }

  private join(user: User, role: Role, at: string): void {
    const row = { role, last_read_seq: this.rows.length, joined_at: at, removed: false, read_version: 0 }
    this.members.set(user.id, { user, joined_version: this.version, version: this.version, ...row })
  }

  private get readByAll(): number {
    return Math.min(...this.present.map(({ last_read_seq }) => last_read_seq))
  }

  summary(): ChatSummary {
    const { id, type, name, created_by, created_at } = this
    return { id, type, name, created_by, created_at, member_count: this.present.length, ...this.info }
  }

  shown(message: Message, reader: UserId): Message {
    const own = message.sender_id === reader
    return { ...message, is_read: message.seq <= this.readByAll, dedup_key: own ? message.dedup_key : null }
  }

  view(reader: UserId): Chat {
    const own = this.members.get(reader)!
    const last = this.rows.at(-1)
    const peer = this.type === "private" ? this.present.find(({ user }) => user.id !== reader) : undefined
    const unread = this.rows.filter(
      ({ message }) => message.seq > own.last_read_seq && !message.deleted && message.sender_id !== reader,
    )
    const mine = new Set(
      this.rows.filter(({ message }) => message.sender_id === reader).map(({ message }) => message.id),
    )
    const mentions = unread.filter(
      ({ message }) =>
        message.mentions_all === true ||
        message.mentions?.includes(reader) ||
        (message.reply_to !== null && mine.has(message.reply_to)),
    )
    return {
      ...this.summary(),
      version: this.name_version,
      role: own.role,
      last_seq: this.rows.length,
      last_read_seq: own.last_read_seq,
      unread_count: unread.length,
      ...(mentions.length === 0 ? {} : { unread_mention_count: mentions.length }),
      last_message: last === undefined ? null : this.shown(last.message, reader),
      peer: peer?.user ?? null,
    }
  }

  memberList(): ReadonlyArray<Member> {
    return this.present.map(({ read_version, version, ...row }) => ({
      ...eventMember(row),
      version: Math.max(version, read_version),
    }))
  }

  sums(first: number, last: number): ChatSums {
    const of = (versions: ReadonlyArray<number>) => ({
      count: versions.length,
      sum: versions.reduce((sum, version) => sum + version, 0),
    })
    return {
      messages: of(this.rows.slice(first - 1, last).map(({ version }) => version)),
      members: of(this.memberList().map(({ version }) => version)),
    }
  }

  private tell(events: ReadonlyArray<Event | NewerEvent>, also: ReadonlyArray<UserId> = []): void {
    const shown = this.hides ? events.map(({ version }) => hidden(this.id, version)) : events
    this.publish(this, shown, also)
  }

  created(): void {
    this.tell([{ type: "chat_created", chat: this.summary(), version: this.version }])
  }

  /** All names are of members; everybody may mention all. */
  private mentioned(text: string, by: UserId): Pick<Message, "mentions" | "mentions_all"> {
    const words = text.split(" ")
    const ids = this.present
      .map(({ user }) => user)
      .filter(({ id, username }) => id !== by && words.includes(`@${username}`))
    return {
      ...(ids.length === 0 ? {} : { mentions: ids.map(({ id }) => id) }),
      ...(words.includes("@all") ? { mentions_all: true } : {}),
    }
  }

  send(
    by: UserId,
    text: string,
    dedup_key: string | null,
    reply_to: MessageId | null,
    id: MessageId,
    at: string,
    attachments: ReadonlyArray<File> = [],
  ) {
    const same = ({ message }: Row) => message.sender_id === by && message.dedup_key === dedup_key
    const first = dedup_key === null ? undefined : this.rows.find(same)
    if (first !== undefined) {
      const ids = (files: ReadonlyArray<File>) => files.map(({ id }) => id).join()
      if (ids(first.message.attachments ?? []) !== ids(attachments)) throw new Refused("conflict")
      return { message: first.message, duplicate: true }
    }
    const seq = this.rows.length + 1
    const version = ++this.version
    const message: Message = {
      id,
      chat_id: this.id,
      seq,
      sender_id: by,
      text,
      created_at: at,
      edited_at: null,
      deleted: false,
      reply_to,
      is_read: false,
      dedup_key,
      version,
      ...(attachments.length === 0 ? {} : { attachments }),
      ...this.mentioned(text, by),
    }
    this.rows.push({ message, created_version: version, version })
    this.members.get(by)!.last_read_seq = seq
    this.tell([{ type: "message", ...message, version }])
    return { message, duplicate: false }
  }

  change(by: UserId, id: MessageId, text: string | null, at: string): Message {
    const row = this.rows.find(({ message }) => message.id === id)
    if (row === undefined) throw new Refused("not_found")
    if (row.message.sender_id !== by) throw new Refused("forbidden")
    if (row.message.deleted) return row.message
    row.version = ++this.version
    const changed = text === null ? { deleted: true, text: "" } : { text, edited_at: at }
    const { mentions: _, mentions_all: _all, ...rest } = row.message
    row.message = { ...rest, ...changed, version: row.version, ...this.mentioned(text ?? "", by) }
    const type = text === null ? "message_deleted" : "message_updated"
    this.tell([{ type, ...row.message, version: row.version }])
    return row.message
  }

  read(by: UserId, seq: number): number {
    const own = this.members.get(by)!
    const mark = Math.min(seq, this.rows.length)
    if (mark <= own.last_read_seq) return own.last_read_seq
    own.last_read_seq = mark
    own.read_version = ++this.version
    const message_id = this.rows[mark - 1]!.message.id
    this.tell([{ type: "read", chat_id: this.id, user_id: by, seq: mark, message_id, version: this.version }])
    return mark
  }

  rename(name: string, info: FakeChat["info"] = {}): void {
    this.name = name
    this.info = info
    this.name_version = ++this.version
    this.tell([{ type: "chat_updated", chat: this.summary(), version: this.version }])
  }

  /** A lasting change of a type that no client of today knows. */
  poll(question: string): void {
    const poll: NewerEvent = { type: "poll", chat_id: this.id, question, version: ++this.version }
    this.polls.push(poll)
    this.tell([poll])
  }

  add(user: User, at: string): void {
    if (this.has(user.id)) return
    this.version++
    this.join(user, "member", at)
    const member = eventMember(this.members.get(user.id)!)
    this.tell([{ type: "member_added", chat_id: this.id, member, version: this.version }])
  }

  setRole(user: UserId, role: Role): void {
    const row = this.members.get(user)!
    row.role = role
    row.version = ++this.version
    const member = eventMember(row)
    this.tell([{ type: "member_updated", chat_id: this.id, member, version: this.version }])
  }

  remove(user: UserId): void {
    const row = this.members.get(user)!
    row.removed = true
    row.version = ++this.version
    this.tell([{ type: "member_removed", chat_id: this.id, user_id: user, version: this.version }], [user])
  }

  end(): void {
    const heirs = this.present.map(({ user }) => user.id)
    this.deleted = true
    this.tell([{ type: "chat_deleted", chat_id: this.id, version: ++this.version }], heirs)
  }

  /** The current state of what changed after the cursor, in `version` order, as the real server sends it. */
  missed(cursor: number): ReadonlyArray<Event | NewerEvent> {
    const events: Array<Event | NewerEvent> = this.polls.filter(({ version }) => version > cursor)
    for (const { message, created_version, version } of this.rows) {
      const changed = version > created_version ? { changed: version } : {}
      if (created_version > cursor) events.push({ type: "message", ...message, version: created_version, ...changed })
      else if (version > cursor) {
        events.push({ type: message.deleted ? "message_deleted" : "message_updated", ...message, version })
      }
    }
    for (const row of this.members.values()) {
      const { user, last_read_seq, joined_version, version, read_version, removed } = row
      const of = { chat_id: this.id, version }
      if (removed) {
        if (version > cursor) events.push({ type: "member_removed", ...of, user_id: user.id })
        continue
      }
      const member = eventMember(row)
      const changed = version > joined_version ? { changed: version } : {}
      if (joined_version > cursor) {
        events.push({ type: "member_added", ...of, version: joined_version, member, ...changed })
      } else if (version > cursor) events.push({ type: "member_updated", ...of, member })
      if (read_version > cursor && last_read_seq > 0) {
        const message_id = this.rows[last_read_seq - 1]!.message.id
        events.push({ type: "read", ...of, version: read_version, user_id: user.id, seq: last_read_seq, message_id })
      }
    }
    if (this.name_version > cursor) {
      events.push({ type: "chat_updated", chat: this.summary(), version: this.name_version })
    }
    return events.sort((a, b) => a.version - b.version)
  }
}
