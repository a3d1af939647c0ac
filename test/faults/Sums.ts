// What a device's copy of a chat adds up to: of each message and member the version of the last change that it knows.
import type { ChatSums, VersionSum } from "../../src/domain/Check.ts"
import type { Frame } from "../support/person.ts"
import type { Loaded } from "./ChatLog.ts"

export class Sums {
  /** By message id. */
  readonly #messages = new Map<number, number>()
  /** By user id; of everybody who was ever in it. */
  readonly #members = new Map<number, number>()

  load({ members, messages }: Loaded): void {
    for (const { id, records_version, version } of messages) raise(this.#messages, id, version, records_version ?? 0)
    for (const { read_version, user_id, version } of members) raise(this.#members, user_id, version, read_version)
  }

  /** Sending, which also reads, leaves the member; a pin leaves the message. */
  hear(frame: Frame, version: number): void {
    switch (frame.type) {
      case "message":
      case "message_updated":
      case "message_deleted":
        raise(this.#messages, frame.id, version)
        break
      case "reaction":
        raise(this.#messages, frame.message_id, version)
        break
      case "member_added":
      case "member_updated":
        raise(this.#members, frame.member.user.id, version)
        break
      case "read":
        raise(this.#members, frame.user_id, version)
        break
    }
  }

  /** Of these messages and members. */
  of(message_ids: ReadonlyArray<number>, user_ids: ReadonlyArray<number>): ChatSums {
    return { messages: sumOf(this.#messages, message_ids), members: sumOf(this.#members, user_ids) }
  }
}

const raise = (versions: Map<number, number>, key: number, ...to: ReadonlyArray<number>) =>
  versions.set(key, Math.max(versions.get(key) ?? 0, ...to))

const sumOf = (versions: Map<number, number>, keys: ReadonlyArray<number>): VersionSum => ({
  count: keys.length,
  sum: keys.reduce((sum, key) => sum + (versions.get(key) ?? 0), 0),
})
