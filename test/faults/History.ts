// What was sent, received and stored during a run: the input of the checker.
import type { HeldState, StoredState } from "./StateLog.ts"

export interface Forwarded {
  readonly sender_id: number | null
  readonly chat_id?: number
  readonly message_id?: number
}

export interface Message {
  readonly id: number
  readonly chat_id: number
  readonly seq: number
  readonly sender_id: number
  readonly text: string
  readonly created_at: string
  readonly edited_at: string | null
  readonly deleted: boolean
  readonly reply_to: number | null
  readonly thread_id?: number
  readonly forwarded?: Forwarded
  readonly mentions?: ReadonlyArray<number>
  readonly mentions_all?: boolean
  /** Absent: none. */
  readonly reactions?: ReadonlyArray<{ readonly emoji: string; readonly count: number }>
  readonly pinned?: boolean
  readonly attachments?: ReadonlyArray<{ readonly id: number }>
}

export interface Ack {
  readonly id: number
  readonly seq: number
  readonly created_at: string
}

/** One message that a user intended to send, with all its attempts. */
export interface Sent {
  readonly chat_id: number
  readonly sender_id: number
  readonly dedup_key: string
  /** Of a forward: empty. */
  readonly text: string
  readonly reply_to?: number
  /** The message that it forwards. */
  readonly forward?: number
  /** Ids of files. */
  readonly attachments?: ReadonlyArray<number>
  /** The members whom it mentions; undefined: that depends on who is in the chat at that time. */
  readonly mentions?: ReadonlyArray<number>
  attempts: number
  /** The server has refused it for good: what it forwards is gone, or its sender may have lost sight of it. */
  refused?: "gone" | "unseen"
  /** The last answer: the other user of the chat has blocked the sender. */
  blocked?: boolean
  readonly acks: Array<Ack>
}

/** A message that a user intended to be sent later. */
export interface Scheduled {
  readonly chat_id: number
  readonly sender_id: number
  /** Of no other message. */
  readonly text: string
  /** By which it was acknowledged, and which is the message's dedup key; undefined: it was not. */
  key?: string
}

/** A value that a user intended to set (JSON), or to remove (null), and the version by which that was acknowledged. */
export interface StateWrite {
  readonly user_id: number
  readonly key: string
  readonly value: string | null
  version?: number
}

/** A block that a user intended (`on`), or its end. Times as in `Contact`. */
export interface BlockWrite {
  readonly user_id: number
  readonly blocked_id: number
  readonly on: boolean
  readonly asked: number
  /** When it was acknowledged. */
  acked?: number
  /** After this time no attempt can take place; undefined: that is not known. */
  settled?: number
}

/** Something that a user intended and that another one receives, who may have blocked them. */
export interface Contact {
  readonly what: string
  readonly user_id: number
  readonly other_id: number
  /** The time of the first attempt. */
  readonly asked: number
  /** The time of the answer, on the same clock. */
  answered?: number
  outcome?: "done" | "blocked"
}

/** An edit (`text`) or a deletion (null) that a user intended. */
export interface Change {
  readonly message_id: number
  readonly text: string | null
  attempts: number
  acked: boolean
}

/** A watermark that a user received, and the times of the request and of the answer. */
export interface ReadAck {
  readonly seq: number
  readonly asked: number
  readonly answered: number
}

/** The watermarks that one user received, by requests that may have been concurrent. */
export interface ReadAcks {
  readonly chat_id: number
  readonly user_id: number
  readonly acks: ReadonlyArray<ReadAck>
}

/** A chat as one reader has it: from all received events, or freshly loaded. */
export interface Held {
  readonly chat_id: number
  readonly name: string | null
  /** The lowest `seq` that it holds, or would: a device that came later begins with a page. */
  readonly first: number
  readonly messages: ReadonlyArray<Message>
  /** By user id. */
  readonly reads: ReadonlyMap<number, number>
  /** The roles of those who are in it, by user id. */
  readonly members: ReadonlyMap<number, string>
}

/** What a new client loads of a chat. */
export interface FreshChat extends Held {
  /** By the message at its root, the ids of the replies. */
  readonly threads?: ReadonlyMap<number, ReadonlyArray<number>>
  /** By message, the former texts of those that its user has edited. */
  readonly former?: ReadonlyMap<number, ReadonlyArray<string>>
}

export interface DeviceHistory {
  readonly name: string
  readonly user_id: number
  /** The one chat of its socket; absent: all. */
  readonly only?: number
  readonly chats: ReadonlyArray<Held & { readonly version: number }>
  /** Its user's own state; absent on the socket of one chat. */
  readonly state?: HeldState
  /** What was wrong on arrival: order, holes, repetitions. */
  readonly violations: ReadonlyArray<string>
}

export interface StoredMessage {
  readonly id: number
  readonly chat_id: number
  readonly seq: number
  readonly sender_id: number
  readonly text: string
  readonly dedup_key: string | null
  readonly deleted: boolean
  readonly edited: boolean
  readonly reply_to?: number | null
  readonly thread_id?: number | null
  readonly forwarded?: Forwarded
}

export interface StoredChat {
  readonly id: number
  readonly last_seq: number
  readonly version: number
  readonly isSaved?: boolean
  readonly reads: ReadonlyMap<number, number>
}

export interface History {
  readonly sent: ReadonlyArray<Sent>
  /** They were all due. */
  readonly scheduled?: ReadonlyArray<Scheduled>
  readonly changes: ReadonlyArray<Change>
  readonly blockWrites?: ReadonlyArray<BlockWrite>
  readonly contacts?: ReadonlyArray<Contact>
  readonly readAcks: ReadonlyArray<ReadAcks>
  readonly devices: ReadonlyArray<DeviceHistory>
  /** What each user's new client loads at the end. */
  readonly fresh: ReadonlyMap<number, ReadonlyArray<FreshChat>>
  /** By user, the messages that `GET /me/mentions` lists. */
  readonly mentions?: ReadonlyMap<number, ReadonlyArray<number>>
  /** By user, their own state as it is stored. */
  readonly states?: ReadonlyMap<number, StoredState>
  readonly stateWrites?: ReadonlyArray<StateWrite>
  readonly messages: ReadonlyArray<StoredMessage>
  readonly chats: ReadonlyArray<StoredChat>
}
