// What was sent, received and stored during a run: the input of the checker.
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
  readonly mentions?: ReadonlyArray<number>
  readonly mentions_all?: boolean
  /** Absent: none. */
  readonly reactions?: ReadonlyArray<{ readonly emoji: string; readonly count: number }>
  readonly pinned?: boolean
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
  readonly text: string
  attempts: number
  readonly acks: Array<Ack>
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

export interface DeviceHistory {
  readonly name: string
  readonly user_id: number
  /** The one chat of its socket; absent: all. */
  readonly only?: number
  readonly chats: ReadonlyArray<Held & { readonly version: number }>
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
}

export interface StoredChat {
  readonly id: number
  readonly last_seq: number
  readonly version: number
  readonly reads: ReadonlyMap<number, number>
}

export interface History {
  readonly sent: ReadonlyArray<Sent>
  readonly changes: ReadonlyArray<Change>
  readonly readAcks: ReadonlyArray<ReadAcks>
  readonly devices: ReadonlyArray<DeviceHistory>
  /** What each user's new client loads at the end. */
  readonly fresh: ReadonlyMap<number, ReadonlyArray<Held>>
  readonly messages: ReadonlyArray<StoredMessage>
  readonly chats: ReadonlyArray<StoredChat>
}
