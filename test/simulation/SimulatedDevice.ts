// A device on a wire that the simulation owns: it hears, answers pings, loses its connection, stalls, comes back with `sync`.
import { Effect } from "effect"
import type { UserId } from "../../src/domain/Ids.ts"
import type { Device } from "../../src/sockets/Device.ts"
import { textsOf } from "../../src/sockets/FrameBytes.ts"
import { Hub } from "../../src/sockets/Hub.ts"
import type { Wire } from "../../src/sockets/Wire.ts"
import { ChatLog } from "../faults/ChatLog.ts"
import type { DeviceHistory } from "../faults/History.ts"
import type { Frame } from "../support/person.ts"
import { sessionOf } from "../support/sockets.ts"

const silent = new Set(["typing", "presence", "pong"])

export class SimulatedDevice implements Wire {
  readonly name: string
  readonly user_id: UserId
  readonly chats = new Map<number, ChatLog>()
  readonly onAnswer: (frame: Frame) => void
  isLive = false
  pending = 0
  private device: Device | undefined
  private stalled = false
  private readonly untold: Array<Buffer> = []
  private readonly violations: Array<string> = []
  private readonly session: number

  constructor(name: string, user_id: UserId, session: number, onAnswer: (frame: Frame) => void) {
    this.name = name
    this.user_id = user_id
    this.session = session
    this.onAnswer = onAnswer
  }

  get isConnected(): boolean {
    return this.device !== undefined
  }

  readonly connect = Effect.fnUntraced(function* (this: SimulatedDevice) {
    if (this.device !== undefined) return
    const hub = yield* Hub
    const user = yield* hub.prepare(this.user_id)
    this.isLive = false
    this.stalled = false
    this.pending = 0
    this.untold.length = 0
    const identity = {
      user_id: this.user_id,
      session_id: sessionOf(this.user_id, this.session),
      expires_at: Number.MAX_SAFE_INTEGER,
    }
    this.device = hub.open(user, identity, this, { only: 0, resume: true })
    yield* hub.greet(this.device)
  })

  /** The wire is cut; what was on it is gone. */
  vanish(): void {
    const device = this.device
    this.device = undefined
    this.isLive = false
    device?.gone(1006)
  }

  /** Reads nothing from now on, until `drain`. */
  stall(): void {
    this.stalled = true
  }

  drain(): void {
    this.stalled = false
    this.pending = 0
    for (const bytes of this.untold.splice(0)) this.hear(bytes)
    this.device?.outbox.drained()
  }

  say(frame: object): void {
    this.device?.receive(Buffer.from(JSON.stringify(frame)), false)
  }

  write(bytes: Buffer): boolean {
    if (!this.stalled) {
      this.hear(bytes)
      return true
    }
    this.untold.push(bytes)
    this.pending += bytes.length
    return false
  }

  writeAll(bytes: ReadonlyArray<Buffer>): boolean {
    return this.write(Buffer.concat(bytes))
  }

  close(): void {
    this.vanish()
  }

  terminate(): void {
    this.vanish()
  }

  moved(): boolean {
    return !this.stalled
  }

  pause(): void {}

  resume(): void {}

  history(): DeviceHistory {
    const logs = [...this.chats.values()]
    return {
      name: this.name,
      user_id: this.user_id,
      chats: logs.map((log) => log.held()),
      isGuest: false,
      violations: [...this.violations, ...logs.flatMap((log) => log.violations)],
    }
  }

  private hear(bytes: Buffer): void {
    this.device?.heardFrom()
    for (const text of textsOf(bytes)) this.hearFrame(JSON.parse(text))
  }

  private hearFrame(frame: Frame): void {
    if (frame.type === "hello") this.greeted(frame)
    else if (frame.type === "synced" && frame.failed !== undefined) this.vanish()
    else if (frame.type === "synced") {
      for (const [id, version] of Object.entries(frame.cursors as Record<string, number>)) {
        this.chats.get(Number(id))?.synced(version)
      }
      this.isLive = true
    } else if (frame.type === "ack" || frame.type === "error") {
      if (frame.ref === "sync") this.vanish()
      else this.onAnswer(frame)
    } else if (!silent.has(frame.type)) {
      const log = this.chats.get(frame.chat_id ?? frame.chat?.id)
      if (log === undefined) this.violations.push(`unexpected ${JSON.stringify(frame).slice(0, 200)}`)
      else log.hear(frame, this.isLive)
    }
  }

  private greeted(frame: Frame): void {
    for (const { chat_id, version, last_seq } of frame.chats) {
      const log = this.chats.get(chat_id)
      if (log === undefined) {
        if (last_seq > 0) this.violations.push(`chat ${chat_id} came too late`)
        this.chats.set(chat_id, new ChatLog(chat_id, version, "Group", true))
      } else if (version < log.version) {
        this.violations.push(`chat ${chat_id}: hello says ${version}, but heard ${log.version}`)
      }
    }
    const cursors = Object.fromEntries([...this.chats].map(([id, log]) => [String(id), log.version]))
    // Said from within the hub's own write, so it goes in once that is over.
    queueMicrotask(() => this.say({ type: "sync", cursors, ref: "sync" }))
  }
}
