// A device on a wire of the simulation: it receives, answers pings, loses its connection, stalls, and reconnects with
// `sync` to any node. It loads what it does not know of a chat, as a client does by HTTP.
import { Effect } from "effect"
import { CloseCode } from "../../src/contract/CloseCode.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import type { Device } from "../../src/hub/Device.ts"
import type { Wire } from "../../src/hub/delivery/Wire.ts"
import { helloPing, textsOf } from "../../src/hub/frames/FrameBytes.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { ChatLog, type Loaded } from "../faults/ChatLog.ts"
import type { DeviceHistory } from "../faults/History.ts"
import { StateLog, type StoredState } from "../faults/StateLog.ts"
import type { Frame } from "../support/person.ts"
import { arrivalPongs, sessionOf } from "../support/sockets.ts"

const silent = new Set(["typing", "pong", "user_updated"])

export interface DeviceWorld {
  /** undefined: the user is not in it. */
  readonly load: (chat_id: number, user_id: UserId) => Loaded | undefined
  readonly loadState: (user_id: UserId) => StoredState
  readonly onAnswer: (frame: Frame) => void
  /** Whether a device of the user has this message of the chat. */
  readonly hasArrived: (chat_id: number, user_id: number, seq: number) => boolean
  /** By which version the user came into the chat; undefined: they are not in it. */
  readonly joined: (chat_id: number, user_id: UserId) => number | undefined
  /** Whether live events may leave out this version of the chat. `isRemoval`: before the user's own removal. */
  readonly leavesOut: (chat_id: number, user_id: UserId, version: number, isRemoval: boolean) => boolean
  /** The same of a user's own state. */
  readonly leavesOutState: (user_id: UserId, version: number) => boolean
  /** One node, where no signal gets lost. */
  readonly isAlone: boolean
}

export class SimulatedDevice implements Wire {
  readonly name: string
  readonly user_id: UserId
  /** The one chat of `/ws/{chat_id}`; 0: all. */
  readonly only: ChatId | 0
  readonly chats = new Map<number, ChatLog>()
  /** Its user's own state; undefined before the first hello, and on the socket of one chat. */
  private state: StateLog | undefined
  /** Who is online, as it has received it. */
  readonly online = new Set<number>()
  isLive = false
  pending = 0
  /** It has received that it is not a member. */
  isOut = false
  private device: Device | undefined
  /** By which version its user was in `only` when it connected. */
  private joined: number | undefined = undefined
  /** The cursors of the sync under way: a chat may turn out to be gone, published or not. */
  private asked: ReadonlyMap<number, number> = new Map()
  private connecting = false
  private droppedChecks = 0
  private stalled = false
  private readonly untold: Array<Buffer> = []
  /** By private chat, how far the other user has it. */
  private readonly arrived = new Map<number, number>()
  private readonly violations: Array<string> = []
  private readonly session: number
  private readonly world: DeviceWorld

  constructor(name: string, user_id: UserId, session: number, world: DeviceWorld, only: ChatId | 0 = 0) {
    this.name = name
    this.user_id = user_id
    this.session = session
    this.world = world
    this.only = only
  }

  /** How often what it holds was compared with what the server says that it adds up to. */
  get checks(): number {
    return this.droppedChecks + [...this.chats.values()].reduce((sum, log) => sum + log.checks, 0)
  }

  get isConnected(): boolean {
    return this.device !== undefined
  }

  readonly connect = Effect.fnUntraced(function* (this: SimulatedDevice) {
    if (this.device !== undefined || this.connecting) return
    // An upgrade is refused to a non-member.
    this.joined = this.world.joined(this.only, this.user_id)
    if (this.only !== 0 && this.joined === undefined) {
      this.isOut = true
      this.chats.clear()
      return
    }
    const hub = yield* Hub
    this.connecting = true
    const user = yield* hub.prepare(this.user_id)
    this.connecting = false
    this.isLive = false
    this.stalled = false
    this.isOut = false
    this.pending = 0
    this.untold.length = 0
    const identity = {
      user_id: this.user_id,
      session_id: sessionOf(this.user_id, this.session),
      expires_at: Number.MAX_SAFE_INTEGER,
    }
    const device = hub.open(user, identity, this, { only: this.only, resume: true })
    this.device = device
    yield* hub.greet(device)
  })

  /** The wire is cut; what was on it is gone. */
  vanish(): void {
    const device = this.device
    this.device = undefined
    this.isLive = false
    this.untold.length = 0
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

  /** Loads the chat anew, as a client does by HTTP whether or not it is connected, and knows more than its events brought. */
  reload(chat_id: number): void {
    const loaded = this.world.load(chat_id, this.user_id)
    if (loaded !== undefined) this.chats.get(chat_id)?.load(loaded)
  }

  /** Asks again for what it may have missed. */
  resync(): void {
    if (this.isLive) this.say(this.beginSync())
  }

  /** The frame that brings it up to date from its present state, whatever it receives before it has sent it. */
  private beginSync(): object {
    const logs = [...this.chats].filter(([id]) => this.only === 0 || id === this.only)
    for (const [, log] of logs) log.again()
    this.state?.again()
    this.isLive = false
    this.asked = new Map(logs.map(([id, log]) => [id, log.version]))
    return {
      type: "sync",
      cursors: {
        ...Object.fromEntries(logs.map(([id, log]) => [String(id), log.version])),
        ...(this.state === undefined ? {} : { me: this.state.version }),
      },
      check: Object.fromEntries(logs.map(([id, log]) => [String(id), log.ask()])),
      ref: "sync",
    }
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

  close(code: number): void {
    if (code === CloseCode.NoLongerMember) {
      const isMember = this.world.joined(this.only, this.user_id) === this.joined
      if (isMember) this.violations.push("closed as no longer a member, which it is")
      this.isOut = true
      this.chats.clear()
    }
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
      ...(this.only === 0 ? {} : { only: this.only }),
      chats: logs.map((log) => log.held()),
      ...(this.state === undefined ? {} : { state: this.state.held() }),
      violations: [...this.violations, ...(this.state?.violations ?? []), ...logs.flatMap((log) => log.violations)],
    }
  }

  private hear(bytes: Buffer): void {
    const pongs = arrivalPongs(bytes)
    if (bytes === helloPing) this.device?.ponged(Buffer.of(1))
    else this.device?.noteAlive()
    for (const text of textsOf(bytes)) this.hearFrame(JSON.parse(text))
    for (const pong of pongs) this.device?.ponged(pong)
  }

  private hearFrame(frame: Frame): void {
    if (frame.type === "hello") this.greeted(frame)
    else if (frame.type === "synced" && frame.failed !== undefined) this.vanish()
    else if (frame.type === "synced") {
      for (const [id, version] of Object.entries(frame.cursors as Record<string, number>)) {
        if (id === "me") this.state?.synced(version)
        else this.chats.get(Number(id))?.synced(version)
      }
      this.isLive = true
      this.asked = new Map()
    } else if (frame.type === "ack" || frame.type === "error") {
      if (frame.ref === "sync") this.vanish()
      else this.world.onAnswer(frame)
    } else if (frame.type === "state") this.ownState(frame)
    else if (frame.type === "reset" && frame.chat_id === null) this.beginState(frame.version)
    else if (frame.type === "presence") {
      if (frame.status === "online") this.online.add(frame.user_id)
      else this.online.delete(frame.user_id)
    } else if (frame.type === "delivered") this.delivered(frame)
    else if (!silent.has(frame.type)) this.event(frame)
  }

  /** How far the other user of a private chat has it: it rises while connected, and is nothing that they do not have. */
  private delivered({ chat_id, seq, user_id }: Frame): void {
    const before = this.arrived.get(chat_id) ?? 0
    if (user_id === this.user_id) this.violations.push(`chat ${chat_id}: delivered to its own user`)
    if (seq <= before) this.violations.push(`chat ${chat_id}: delivered ${seq} after ${before}`)
    if (!this.world.hasArrived(chat_id, user_id, seq))
      this.violations.push(`chat ${chat_id}: ${seq} is delivered to user ${user_id}, none of whose devices has it`)
    this.arrived.set(chat_id, seq)
  }

  private ownState(frame: Frame): void {
    if (this.state === undefined) this.violations.push(`unexpected ${JSON.stringify(frame).slice(0, 200)}`)
    this.state?.hear(frame, (version) => this.world.leavesOutState(this.user_id, version))
  }

  private beginState(version: number): void {
    this.state ??= new StateLog(version)
    this.state.begin(version)
    this.state.load(this.world.loadState(this.user_id))
  }

  private event(frame: Frame): void {
    const chat_id: number = frame.chat_id ?? frame.chat?.id
    const log = this.chats.get(chat_id)
    if (frame.type === "chat_created") {
      // In a replay it may arrive again: the member was removed and added again.
      if (log !== undefined && this.isLive && frame.version <= log.version) {
        this.violations.push(`chat ${chat_id}: chat_created ${frame.version} after ${log.version}`)
      }
      this.begin(chat_id, frame.version)
    } else if (log === undefined && frame.type === "chat_gone" && this.asked.has(chat_id)) return
    else if (log === undefined) this.violations.push(`unexpected ${JSON.stringify(frame).slice(0, 200)}`)
    else if (frame.type === "check") log.check(frame)
    else if (frame.type === "reset") this.begin(chat_id, frame.version)
    else if (frame.type === "chat_gone" || frame.type === "chat_deleted") this.drop(log)
    else {
      const isRemoval = frame.type === "member_removed" && frame.user_id === this.user_id
      log.hear(frame, this.isLive, (version) => this.world.leavesOut(chat_id, this.user_id, version, isRemoval))
      if (isRemoval) this.drop(log)
    }
  }

  /** No event of the chat may arrive before the chat is sent as new. */
  private drop(log: ChatLog): void {
    this.violations.push(...log.violations)
    this.droppedChecks += log.checks
    this.chats.delete(log.chat_id)
  }

  private begin(chat_id: number, version: number): void {
    const known = this.chats.get(chat_id)
    const log = known ?? new ChatLog(chat_id, version)
    this.chats.set(chat_id, log)
    log.begin(version)
    // Dropped since the sync that named it was requested, and sent as new before that is served.
    if (known === undefined) log.again(this.asked.get(chat_id))
    const loaded = this.world.load(chat_id, this.user_id)
    if (loaded !== undefined) log.load(loaded)
  }

  private greeted(frame: Frame): void {
    if (this.only === 0 && this.state === undefined) this.beginState(frame.me)
    else if (this.state !== undefined && frame.me < this.state.version)
      this.violations.push(`hello says that the state is at ${frame.me}, but heard ${this.state.version}`)
    this.arrived.clear()
    this.online.clear()
    for (const id of frame.online) this.online.add(id)
    for (const { chat_id, version } of frame.chats) {
      const log = this.chats.get(chat_id)
      if (!this.world.isAlone) log?.moved()
      if (log === undefined) this.begin(chat_id, version)
      else if (version < log.version) {
        this.violations.push(`chat ${chat_id}: hello says ${version}, but heard ${log.version}`)
      }
    }
    // Called from within the hub's own write, so it is delivered once that is over.
    const sync = this.beginSync()
    queueMicrotask(() => this.say(sync))
  }
}
