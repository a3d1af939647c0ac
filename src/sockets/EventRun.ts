// Events of one chat that follow each other, encoded once: the bytes that all listeners share, and other bytes only for
// those who see something else (a sender's own dedup_key).
import type { ChatEvent } from "../domain/ChatEvent.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import { eventJson, specialJson, specialReader } from "./EventFrames.ts"
import { textFrame } from "./FrameBytes.ts"

export class EventRun {
  readonly chat_id: ChatId
  readonly events: ReadonlyArray<ChatEvent>
  readonly frames: ReadonlyArray<Buffer>
  /** All frames, one after the other. */
  readonly bytes: Buffer
  readonly firstVersion: number
  readonly lastVersion: number
  private specials:
    | Map<number, { readonly frames: ReadonlyArray<Buffer>; readonly bytes: Buffer } | undefined>
    | undefined

  constructor(chat_id: ChatId, events: ReadonlyArray<ChatEvent>) {
    this.chat_id = chat_id
    this.events = events
    const frames: Array<Buffer> = []
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!
      frames.push(textFrame(eventJson(chat_id, event)))
      const reader = specialReader(event)
      if (reader === 0) continue
      this.specials ??= new Map()
      this.specials.set(reader, undefined)
    }
    this.frames = frames
    this.bytes = frames.length === 1 ? frames[0]! : Buffer.concat(frames)
    this.firstVersion = events[0]!.version
    this.lastVersion = events[events.length - 1]!.version
  }

  private special(user_id: UserId): { readonly frames: ReadonlyArray<Buffer>; readonly bytes: Buffer } {
    const made = this.specials!.get(user_id)
    if (made !== undefined) return made
    const frames = this.frames.map((frame, i) => {
      const event = this.events[i]!
      return specialReader(event) === user_id ? textFrame(specialJson(this.chat_id, event)) : frame
    })
    const bytes = frames.length === 1 ? frames[0]! : Buffer.concat(frames)
    const special = { frames, bytes }
    this.specials!.set(user_id, special)
    return special
  }

  bytesFor(user_id: UserId): Buffer {
    return this.specials === undefined || !this.specials.has(user_id) ? this.bytes : this.special(user_id).bytes
  }

  framesFor(user_id: UserId): ReadonlyArray<Buffer> {
    return this.specials === undefined || !this.specials.has(user_id) ? this.frames : this.special(user_id).frames
  }
}
