// What was said, heard and stored during a run: all that the checker looks at.
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
  /** Absent: none. */
  readonly reactions?: ReadonlyArray<{ readonly emoji: string; readonly count: number }>
  readonly pinned?: boolean
}

export interface Ack {
  readonly id: number
  readonly seq: number
  readonly created_at: string
}

/** One message that somebody wanted to be sent, however often they had to try. */
export interface Sent {
  readonly chat_id: number
  readonly sender_id: number
  readonly dedup_key: string
  readonly text: string
  attempts: number
  readonly acks: Array<Ack>
}

/** An edit (`text`) or a deletion (null) that somebody wanted. */
export interface Change {
  readonly message_id: number
  readonly text: string | null
  attempts: number
  acked: boolean
}

/** A watermark that somebody was told, and the moments of the question and of the answer. */
export interface ReadAck {
  readonly seq: number
  readonly asked: number
  readonly answered: number
}

/** The watermarks that one person was told, by questions of which several may have been under way at once. */
export interface ReadAcks {
  readonly chat_id: number
  readonly user_id: number
  readonly acks: ReadonlyArray<ReadAck>
}

/** A chat as one reader holds it: by all events heard, or freshly loaded. */
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
