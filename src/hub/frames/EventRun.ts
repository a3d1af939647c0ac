// Consecutive events of one chat, encoded once: bytes that all listeners share, and separate bytes only for users with
// another form (a sender's own dedup_key). Few need single frames, so these are sliced on demand.
import type { ChatEvent } from "../../domain/ChatEvent.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import { eventJson, specialJson, specialReader } from "./EventFrames.ts"
import { textFrame, textFrames } from "./FrameBytes.ts"

class Encoded {
  /** All frames, one after the other. */
  readonly bytes: Buffer
  private readonly ends: ReadonlyArray<number>
  private slices: ReadonlyArray<Buffer> | undefined

  constructor(texts: ReadonlyArray<string>) {
    const { bytes, ends } = textFrames(texts)
    this.bytes = bytes
    this.ends = ends
  }

  between(from: number, to: number): Buffer {
    if (from === 0 && to === this.ends.length) return this.bytes
    return this.bytes.subarray(this.ends[from - 1] ?? 0, this.ends[to - 1] ?? 0)
  }

  get frames(): ReadonlyArray<Buffer> {
    this.slices ??= this.ends.map((end, i) => this.bytes.subarray(this.ends[i - 1] ?? 0, end))
    return this.slices
  }
}

export class EventRun {
  readonly chat_id: ChatId
  readonly events: ReadonlyArray<ChatEvent>
  readonly firstVersion: number
  readonly lastVersion: number
  private readonly texts: Array<string> = []
  private readonly common: Encoded
  /** The users with another form; undefined until requested. */
  private specials: Map<number, Encoded | undefined> | undefined

  constructor(chat_id: ChatId, events: ReadonlyArray<ChatEvent>) {
    this.chat_id = chat_id
    this.events = events
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!
      this.texts.push(eventJson(chat_id, event))
      const reader = specialReader(event)
      if (reader === 0) continue
      this.specials ??= new Map()
      this.specials.set(reader, undefined)
    }
    this.common = new Encoded(this.texts)
    this.firstVersion = events[0]!.version
    this.lastVersion = events[events.length - 1]!.version
  }

  private encodedFor(user_id: UserId): Encoded {
    const { specials } = this
    if (specials === undefined || !specials.has(user_id)) return this.common
    const made = specials.get(user_id)
    if (made !== undefined) return made
    const special = new Encoded(
      this.events.map((event, i) => {
        const common = this.texts[i]!
        return specialReader(event) === user_id ? specialJson(event, common) : common
      }),
    )
    specials.set(user_id, special)
    return special
  }

  /** The common frames from index `from` up to `to`. */
  bytesOf(from: number, to: number): Buffer {
    return this.common.between(from, to)
  }

  /** One frame in the form for this user. */
  frameFor(index: number, user_id: UserId): Buffer {
    const event = this.events[index]!
    if (specialReader(event) !== user_id) return this.common.between(index, index + 1)
    return textFrame(specialJson(event, this.texts[index]!))
  }

  bytesFor(user_id: UserId): Buffer {
    return this.encodedFor(user_id).bytes
  }

  framesFor(user_id: UserId): ReadonlyArray<Buffer> {
    return this.encodedFor(user_id).frames
  }
}
