// The frames of the bare servers: text frames as bytes, encoded once for all receivers (a server's are unmasked).

export const frame = (json: string): Buffer => {
  const length = Buffer.byteLength(json)
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const bytes = Buffer.allocUnsafe(head + length)
  bytes[0] = 0x81
  if (head === 2) bytes[1] = length
  else if (head === 4) {
    bytes[1] = 126
    bytes.writeUInt16BE(length, 2)
  } else {
    bytes[1] = 127
    bytes.writeBigUInt64BE(BigInt(length), 2)
  }
  bytes.write(json, head)
  return bytes
}

export interface Stored {
  readonly id: string
  readonly chat_id: number
  readonly seq: number
  readonly sender_id: number
  readonly text: string
  readonly created_at: string
}

/** The same fields, and so the same size, as Confab's. */
export const messageFrame = (message: Stored): Buffer =>
  frame(
    `{"type":"message","id":${message.id},"chat_id":${message.chat_id},"seq":${message.seq},"sender_id":${message.sender_id},"text":${JSON.stringify(
      message.text,
    )},"created_at":"${message.created_at}","edited_at":null,"deleted":false,"reply_to":null,"is_read":false,"dedup_key":null,"version":${message.seq}}`,
  )

export const ackFrame = (ref: number, message: Stored, duplicate: boolean): Buffer =>
  frame(
    `{"type":"ack","ref":${ref},"message_id":${message.id},"chat_id":${message.chat_id},"seq":${message.seq},"created_at":"${message.created_at}","duplicate":${duplicate}}`,
  )

export const helloFrame = (
  user: number,
  chats: ReadonlyArray<{ readonly chat_id: string; readonly last_seq: string }>,
): Buffer =>
  frame(
    `{"type":"hello","user_id":${user},"chats":[${chats.map(({ chat_id, last_seq }) => `{"chat_id":${chat_id},"last_seq":${last_seq}}`).join(",")}]}`,
  )

export const errorFrame = (ref: number, code: string): Buffer => frame(`{"type":"error","ref":${ref},"code":"${code}"}`)
