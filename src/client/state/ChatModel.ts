// The state of one chat, from the server's events and answers. Pure bookkeeping, without network and clock.
import type { ChatPosition } from "../../contract/frames/connection.ts"
import type { Chat, ChatWithMembers } from "../../domain/Chat.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { Message } from "../../domain/Message.ts"
import { newer, reactedTo } from "./copies.ts"
import { MemberTable } from "./MemberTable.ts"
import { Mentions } from "./Mentions.ts"
import { MessageWindow } from "./MessageWindow.ts"
import { newerSummary } from "./newerSummary.ts"
import { PinTable } from "./PinTable.ts"
import { Quotes } from "./Quotes.ts"
import {
  type ChatFrame,
  type ChatUpdatedFrame,
  type MemberFrame,
  type MessageFrame,
  messageOf,
  type ReactionFrame,
  type Replay,
  replayOf,
  versionOf,
} from "./Replay.ts"

export class ChatModel {
  readonly id: ChatId
  readonly me: UserId
  /** undefined until its record is loaded. */
  chat: Chat | undefined
  /** The last `version` seen without a hole; undefined until the first is known. */
  cursor: number | undefined
  replay: Replay | undefined
  readonly window = new MessageWindow()
  readonly quotes = new Quotes()
  readonly mentions: Mentions
  readonly members = new MemberTable()
  readonly pins = new PinTable()
  readSeq = 0
  /** Requested by this client, whether sent to the server or not. */
  wantedRead = 0
  /** By typing user, when it ends, epoch milliseconds. */
  readonly typing = new Map<UserId, number>()
  draft = ""
  open = false
  loading: "older" | "newer" | "page" | null = null
  /** The record must be loaded again: events were not sufficient. */
  stale = false
  /** Events that arrived while the record was being loaded. */
  recorded: Array<ChatFrame> | undefined = []
  /** How many answers over HTTP it has: each may be newer than the events so far. */
  answers = 0
  /** Created by this client, which has the answer already: the event contains nothing new. */
  made = false

  constructor(id: ChatId, me: UserId) {
    this.id = id
    this.me = me
    this.mentions = new Mentions(me, this.window, this.quotes)
  }

  /** From now on events are kept, to be applied again to the record that is being loaded. */
  beginLoad(): void {
    this.stale = false
    this.recorded ??= []
  }

  /** Its record is being loaded, or must be. */
  get isLoading(): boolean {
    return this.stale || this.recorded !== undefined
  }

  /** Applies the loaded record, then the concurrent events again. */
  load(chat: Chat | ChatWithMembers): void {
    this.answers++
    const { members, ...record } = "members" in chat ? chat : { ...chat, members: undefined }
    this.chat = { ...record, last_read_seq: chat.last_read_seq }
    this.mentions.unsure.clear()
    if (members !== undefined) this.members.replace(members)
    if (chat.last_message?.is_read && chat.last_message.sender_id === this.me) this.raiseReadSeq(chat.last_message.seq)
    if (this.replay !== undefined) {
      this.replay.base = chat.last_seq
      this.replay.seen.clear()
    }
    const recorded = this.recorded ?? []
    this.recorded = undefined
    for (const frame of recorded) this.change(frame)
    this.raiseMine(this.wantedRead)
    this.readByAll()
  }

  apply(frame: ChatFrame): void {
    this.recorded?.push(frame)
    if (this.chat !== undefined) this.change(frame)
  }

  /** Messages of a page: each shows how far all have read. */
  learn(messages: ReadonlyArray<Message>): void {
    this.answers++
    for (const message of messages) if (message.is_read && message.sender_id === this.me) this.raiseReadSeq(message.seq)
    this.recount()
  }

  /** Messages to which others reply were loaded. */
  quoted(): void {
    if (this.chat !== undefined) this.mention(this.mentions.settle(this.chat.last_read_seq))
  }

  beginReplay(position: ChatPosition | undefined, ordered: boolean): void {
    this.replay = replayOf(this.replay, this.chat, position, ordered)
  }

  endReplay(version: number | undefined): void {
    const { replay } = this
    if (replay === undefined) return
    this.replay = undefined
    this.cursor = Math.max(this.cursor ?? 0, version ?? 0)
    for (const seen of replay.versions) if (seen > this.cursor) this.cursor = seen
    this.readByAll()
    if (replay.recount && this.chat !== undefined && !this.recount()) {
      const { position } = replay
      if (position?.version === this.cursor && position.last_read_seq === this.chat.last_read_seq) {
        this.set({ unread_count: position.unread_count })
        this.setMentions(position.unread_mention_count ?? 0)
      } else this.stale ||= this.chat.unread_count > 0
    }
  }

  raiseReadSeq(seq: number): void {
    if (seq > this.readSeq) this.readSeq = seq
  }

  /** The user's own watermark; messages of others above it are unread unless they are deleted. */
  raiseMine(seq: number): void {
    const chat = this.chat
    if (chat === undefined || seq <= chat.last_read_seq) return
    const before = chat.last_seq - chat.last_read_seq - chat.unread_count
    const mark = Math.min(seq, chat.last_seq)
    this.set({ last_read_seq: mark, unread_count: Math.min(chat.unread_count, chat.last_seq - mark) })
    this.members.raise(this.me, mark)
    const passed = chat.unread_mention_count === undefined ? 0 : this.mentionsIn(chat.last_read_seq, mark)
    if (mark === chat.last_seq) this.setMentions(0)
    else if (passed !== undefined) this.mention(-passed)
    if (mark === chat.last_seq || this.recount()) return
    if (before === 0 && this.replay === undefined) this.set({ unread_count: chat.last_seq - mark })
    else this.uncertain()
    if (passed === undefined) this.uncertain()
  }

  /** The version as of which an event showed `last_message`. */
  private lastVersion = 0

  private set(fields: Partial<Chat>): void {
    if (this.chat !== undefined) this.chat = { ...this.chat, ...fields }
  }

  private setMentions(count: number): void {
    if (this.chat === undefined || count === (this.chat.unread_mention_count ?? 0)) return
    const { unread_mention_count: _, ...chat } = this.chat
    this.chat = count > 0 ? { ...chat, unread_mention_count: count } : chat
  }

  /** Of the messages up to `last`; undefined: they are not all loaded. */
  private mentionsIn(after: number, last: number): number | undefined {
    let count = 0
    for (let seq = after + 1; seq <= last; seq++) {
      const message = this.window.get(seq)
      const concerned = message && this.mentions.concerns(message)
      if (concerned === undefined) return undefined
      if (concerned) count++
    }
    return count
  }

  private mention(change: number): void {
    this.setMentions((this.chat?.unread_mention_count ?? 0) + change)
  }

  private uncertain(): void {
    if (this.replay !== undefined) this.replay.recount = true
    else this.stale = true
  }

  /** Counts unread messages, if all of them are loaded. */
  private recount(): boolean {
    const chat = this.chat
    const unread = chat && this.window.above(chat.last_read_seq, chat.last_seq)
    if (chat === undefined || unread === undefined) return false
    // A page may contain messages whose events are still under way; these count when they arrive.
    const counts = ({ deleted, sender_id, seq }: Message) => !deleted && sender_id !== this.me && seq <= chat.last_seq
    const counted = unread.filter(counts)
    if (counted.length !== chat.unread_count) this.set({ unread_count: counted.length })
    this.setMentions(this.mentions.count(counted))
    return true
  }

  private readByAll(): void {
    const chat = this.chat
    // In a replay a new member may still be missing.
    if (chat === undefined || this.replay !== undefined || (!this.members.known && chat.member_count > 1)) return
    if (this.readSeq < chat.last_seq) this.raiseReadSeq(this.members.readByOthers(this.me, chat.last_seq))
  }

  private raise(user_id: UserId, seq: number, version?: number): void {
    this.members.raise(user_id, seq, version)
    if (user_id === this.me) this.raiseMine(seq)
    else this.raiseOther(seq)
  }

  private raiseOther(seq: number): void {
    if (this.chat?.type === "private") this.raiseReadSeq(seq)
    else if (this.members.known) this.readByAll()
    else if (this.replay !== undefined && this.mineUnread) this.stale = true
  }

  /** Without the members only the server knows who has read the user's newest message. */
  private get mineUnread(): boolean {
    const last = this.chat?.last_message
    return last?.sender_id === this.me && last.seq > this.readSeq
  }

  private change(frame: ChatFrame): void {
    switch (frame.type) {
      case "message":
      case "message_updated":
      case "message_deleted":
        this.message(frame)
        break
      case "read":
        this.raise(frame.user_id, frame.seq, frame.version)
        break
      case "chat_created":
        if (!this.made) this.stale = true
        this.made = false
        break
      case "chat_updated":
        this.summary(frame)
        break
      case "member_added":
      case "member_updated":
        this.member(frame)
        break
      case "member_removed":
        this.removed(frame.user_id, frame.version)
        break
      case "reaction":
        this.reacted(frame)
        break
      case "pin":
        this.pins.tell(frame)
        break
      // Sync handles these.
      case "chat_deleted":
      case "reset":
        break
      default:
        frame satisfies never
    }
  }

  private summary(frame: ChatUpdatedFrame): void {
    if (this.chat === undefined) return
    const chat = newerSummary(this.chat, frame)
    if (chat !== this.chat) this.chat = { ...chat, member_count: this.members.size ?? chat.member_count }
  }

  private reacted({ emojis, message_id, reactions, user_id, version }: ReactionFrame): void {
    const mine = user_id === this.me ? emojis : undefined
    const to = (message: Message) => reactedTo(message, version, reactions, mine)
    this.window.change(message_id, to)
    this.quotes.change(message_id, to)
    const last = this.chat?.last_message
    if (last?.id === message_id) this.set({ last_message: to(last) })
  }

  private message(frame: MessageFrame): void {
    const [message, version] = [messageOf(frame), versionOf(frame)]
    if (message.deleted) this.pins.message(message.id)
    const chat = this.chat
    if (chat === undefined) return
    const { replay } = this
    const fresh =
      replay === undefined ? message.seq > chat.last_seq : message.seq > replay.base && !replay.seen.has(message.seq)
    replay?.seen.add(message.seq)
    const known = this.window.tell(message)
    this.quotes.tell(message)
    this.mentions.tell(message)
    this.typing.delete(message.sender_id)
    const last = chat.last_message?.seq ?? 0
    const newest = message.seq > last || (message.seq === last && version >= this.lastVersion)
    if (newest) this.lastVersion = version
    const fields: { -readonly [Key in keyof Chat]?: Chat[Key] } = {}
    if (newest) {
      fields.last_message = chat.last_message?.id === message.id ? newer(chat.last_message, message) : message
    }
    if (message.seq > chat.last_seq) fields.last_seq = message.seq
    const unread = message.sender_id !== this.me && message.seq > chat.last_read_seq
    if (fresh && unread && !message.deleted) fields.unread_count = chat.unread_count + 1
    this.set(fields)
    if (unread) this.mentioned(message, fresh, known)
    if (message.deleted && replay !== undefined) replay.recount = true
    if (message.deleted && !fresh && unread && !this.recount()) {
      if (known?.deleted !== true) this.set({ unread_count: Math.max(0, chat.unread_count - 1) })
      this.uncertain()
    }
    if (frame.type === "message") this.raise(message.sender_id, message.seq)
    if (this.wantedRead > (this.chat?.last_read_seq ?? 0)) this.raiseMine(this.wantedRead)
    this.readByAll()
  }

  /** An unread message is new, or was edited or deleted. `known`: its former copy, if it is loaded. */
  private mentioned(message: Message, fresh: boolean, known: Message | undefined): void {
    const wasUnsure = this.mentions.unsure.has(message.id)
    const counts = this.mentions.counts(message)
    if (fresh || wasUnsure) {
      if (counts) this.mention(1)
      return
    }
    const before = known && this.mentions.concerns(known)
    if (before !== undefined) this.mention(Number(counts) - Number(before))
    else if (counts || this.chat?.unread_mention_count !== undefined) this.uncertain()
  }

  private member(frame: MemberFrame): void {
    const { member, type } = frame
    const added = type === "member_added"
    const had = this.members.has(member.user.id)
    this.members.put(member, versionOf(frame))
    if (added) this.count(1)
    if (member.user.id === this.me) {
      this.set({ role: member.role })
      if (added && !had) this.stale = true
    }
    this.readByAll()
  }

  private removed(user_id: UserId, version: number): void {
    this.typing.delete(user_id)
    this.members.delete(user_id, version)
    this.count(-1)
    this.readByAll()
  }

  /** Without the members, a replay does not show how many joined and left. */
  private count(change: 1 | -1): void {
    const known = this.members.size
    if (known !== undefined) this.set({ member_count: known })
    else if (this.replay === undefined) this.set({ member_count: Math.max(1, (this.chat?.member_count ?? 1) + change) })
    else this.stale = true
  }
}
