// The identifiers on the wire: positive integers that a JavaScript number represents exactly.
import { Schema } from "effect"

const id = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }))

export const UserId = id.pipe(Schema.brand("UserId"))
export type UserId = typeof UserId.Type

export const ChatId = id.pipe(Schema.brand("ChatId"))
export type ChatId = typeof ChatId.Type

export const MessageId = id.pipe(Schema.brand("MessageId"))
export type MessageId = typeof MessageId.Type

/** A session is a signed-in device; its id is the `sid` of its access tokens. */
export const SessionId = Schema.String.check(Schema.isUUID()).pipe(Schema.brand("SessionId"))
export type SessionId = typeof SessionId.Type

/** A message's position in its chat: 1, 2, 3 …, without gaps. As a watermark, 0 means "nothing". */
export const Seq = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
export type Seq = number

/** A chat's change counter: every lasting change takes the next value. */
export const Version = Seq
export type Version = number
