// Drafts of messages, for tests of other parts than their input.
import type { Draft } from "../../src/domain/Draft.ts"
import type { MessageId } from "../../src/domain/Ids.ts"

export const draft = (text: string, dedup_key: string | null = null, reply_to: MessageId | null = null): Draft => ({
  text,
  dedup_key,
  reply_to,
  parts: null,
  forward: null,
})
