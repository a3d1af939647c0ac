// The pinned messages of a chat in the order of the chat, and which of them are still to be loaded. The client keeps
// which messages are pinned; their texts may be far from what is loaded.
import type { Conversation, Pin } from "../../../src/client/state/ChatState.ts"
import type { MessageId } from "../../../src/domain/Ids.ts"
import type { Message } from "../../../src/domain/Message.ts"

export interface PinnedMessage extends Pin {
  readonly message: Message
}

/** The newest copy that is known of each message. */
export type Copies = ReadonlyMap<MessageId, Message>

/** The loaded messages are a run of `seq`s without holes. */
const loadedAt = ({ messages }: Conversation, seq: number): Message | undefined =>
  messages[seq - (messages[0]?.seq ?? 0)]

/** Newest message first. A pin whose message is not known is left out. */
export const pinnedMessages = (conversation: Conversation, copies: Copies): ReadonlyArray<PinnedMessage> =>
  (conversation.pins ?? [])
    .flatMap((pin): ReadonlyArray<PinnedMessage> => {
      const copy = copies.get(pin.message_id)
      const message = copy === undefined ? undefined : (loadedAt(conversation, copy.seq) ?? copy)
      return message === undefined || message.deleted ? [] : [{ ...pin, message }]
    })
    .sort((a, b) => b.message.seq - a.message.seq)

/** Whether the list of pins has to be requested. */
export const arePinsMissing = ({ pins }: Conversation, copies: Copies): boolean =>
  pins === null || pins.some(({ message_id }) => !copies.has(message_id))
