// Keeps the store in sync with the server: every event once and in order, replays after a disconnection, holes found
// and filled. A chat's cursor only moves over what has certainly arrived.
import type { ServerFrame } from "../../contract/ServerFrame.ts"
import type { ChatId } from "../../domain/Ids.ts"
import type { Loader } from "../Loader.ts"
import type { Runtime } from "../Runtime.ts"
import type { ChatModel } from "../state/ChatModel.ts"
import type { ChatFrame } from "../state/Replay.ts"
import type { Store } from "../state/Store.ts"
import { placeOf, type UnknownFrame } from "../state/UnknownFrame.ts"
import type { Connection } from "./Connection.ts"
import { FailedReplays } from "./FailedReplays.ts"
import { type CheckFrame, Proof } from "./Proof.ts"

type Hello = Extract<ServerFrame, { type: "hello" }>

/** Chats in one `sync`, with a `check` of each: a frame has at most 65,536 bytes. */
const chunk = 600

const hour = 3_600_000

const chatIdOf = (frame: ChatFrame): ChatId => ("chat" in frame ? frame.chat.id : frame.chat_id)

export class Sync {
  private syncing = 0
  /** Answers and timers of an earlier connection do not count. */
  private connected = 0
  private listing = false
  private up = false
  private readonly failures: FailedReplays
  private readonly proof = new Proof()
  private cancelProof = () => {}
  private readonly runtime: Runtime
  private readonly store: Store
  private readonly loader: Loader
  private readonly connection: Connection
  private readonly forget: (id: ChatId) => void
  private readonly caughtUp: () => void
  private readonly applied: (frame: ChatFrame) => void
  private readonly mismatched: (id: ChatId) => void

  constructor(
    runtime: Runtime,
    store: Store,
    loader: Loader,
    connection: Connection,
    on: {
      readonly forget: (id: ChatId) => void
      readonly caughtUp: () => void
      readonly applied: (frame: ChatFrame) => void
      /** A chat differed from the server's, and is loaded anew. */
      readonly mismatched: (id: ChatId) => void
    },
  ) {
    this.runtime = runtime
    this.store = store
    this.loader = loader
    this.connection = connection
    this.forget = on.forget
    this.caughtUp = on.caughtUp
    this.applied = on.applied
    this.mismatched = on.mismatched
    this.failures = new FailedReplays(runtime, store, {
      askAgain: (models) => this.ask(models, true),
      giveUp: (model) => this.reset(model.id, Math.max(model.cursor ?? 0, model.replay?.newest ?? 0)),
    })
  }

  /** Whether the next connection has state to resume. */
  get resumes(): boolean {
    if (this.store.own.at !== undefined || this.store.own.syncs !== undefined) return true
    for (const model of this.store.models.values()) if (model.cursor !== undefined) return true
    return false
  }

  hello(frame: Hello, resumed: boolean): void {
    this.syncing = 0
    this.connected++
    this.up = true
    this.proof.supported = frame.features?.includes("check") === true
    this.proveHourly()
    this.store.sessionId = frame.session_id
    this.store.presence.setOnline(frame.online)
    const hasState = frame.features?.includes("state") === true
    const me = hasState && resumed ? this.store.own.resume(frame.me) : undefined
    if (hasState && me === undefined) this.loader.ownState(frame.me)
    const positions = new Map(frame.chats.map((position) => [position.chat_id, position]))
    for (const position of frame.chats) {
      const model = this.store.model(position.chat_id)
      if (model.cursor === undefined) {
        model.cursor = position.version
        model.stale = model.chat !== undefined
      } else if (model.cursor === position.version) {
        // Reading that others do not see takes no version.
        model.raiseMine(position.last_read_seq)
        this.store.touch(model.id)
      }
    }
    const models = [...this.store.models.values()]
    for (const model of models) if (model.cursor === undefined) this.store.remove(model.id)
    if (resumed) {
      // In the other chats nothing was missed, which is proved where it holds messages, and what happened since hello arrives when this sync is answered.
      const known = models.filter((model) => {
        const { cursor, id, replay } = model
        if (cursor === undefined) return false
        return replay !== undefined || positions.get(id)?.version !== cursor || this.proof.holds(model)
      })
      known.forEach((model, i) => {
        model.beginReplay(positions.get(model.id), i < chunk)
      })
      for (let i = 0; i < known.length; i += chunk) this.ask(known.slice(i, i + chunk), true, i === 0)
      if (known.length === 0) this.ask([], false, true)
    }
    void this.loadList()
  }

  down(): void {
    this.cancelProof()
    this.syncing = 0
    this.connected++
    this.up = false
  }

  take(frame: ChatFrame): void {
    const id = chatIdOf(frame)
    if (frame.type === "reset") {
      this.reset(id, frame.version)
      return
    }
    const known = this.store.models.get(id)
    if (known === undefined && frame.type !== "chat_created") return
    const model = known ?? this.store.model(id)
    const place = this.place(model, frame.version, frame)
    if (place === "known") return
    if (frame.type === "chat_deleted" || (frame.type === "member_removed" && frame.user_id === model.me)) {
      this.forget(id)
      this.store.tell(frame)
      return
    }
    model.apply(frame)
    this.applied(frame)
    this.meet(frame)
    this.store.touch(id)
    if (place === "new") this.store.tell(frame)
    if ((model.stale || model.chat === undefined) && model.replay === undefined && this.store.chatsLoaded) {
      // The answer to this client's own request is under way too.
      const mine = frame.type === "chat_created" && frame.chat.created_by === model.me
      if (mine) this.runtime.after(300, () => this.loader.repair(id))
      else this.loader.repair(id)
    }
  }

  /** The frame's content is unknown, but it has taken its `version`. */
  takeUnknown(frame: UnknownFrame): void {
    const at = placeOf(frame)
    const model = at && this.store.models.get(at.chat_id)
    if (at === undefined) this.store.tell(frame)
    else if (model !== undefined && this.place(model, at.version, frame) === "new") this.store.tell(frame)
  }

  synced(cursors: Readonly<Record<string, number>>): void {
    for (const [key, version] of Object.entries(cursors)) {
      if (key === "me") this.loader.stateSynced(version)
      const model = this.store.models.get(Number(key) as ChatId)
      if (model !== undefined) this.finish(model, version)
    }
  }

  /** The sums of a chat, at the version that it has now. */
  check(frame: CheckFrame): void {
    const model = this.store.models.get(frame.chat_id)
    if (model === undefined || this.proof.agrees(model, frame) !== false) return
    this.finish(model, frame.version)
    model.members.clear()
    this.reset(model.id, frame.version)
    this.mismatched(model.id)
  }

  private proveHourly(): void {
    this.cancelProof()
    this.cancelProof = this.runtime.after(hour * (0.9 + this.runtime.random() / 5), () => {
      this.proveHourly()
      const held = [...this.store.models.values()].filter(
        (model) => model.cursor !== undefined && model.replay === undefined && this.proof.holds(model),
      )
      for (const model of held) model.beginReplay(undefined, false)
      for (let i = 0; i < held.length; i += chunk) this.ask(held.slice(i, i + chunk), true)
    })
  }

  gone(id: ChatId): void {
    if (this.store.models.has(id)) this.forget(id)
  }

  /** `new`: to be applied and reported. `again`: to be applied; it was reported, or will be in its order. */
  private place(model: ChatModel, version: number, frame: ChatFrame | UnknownFrame): "new" | "again" | "known" {
    const { replay, cursor } = model
    if (replay !== undefined) {
      replay.newest = Math.max(replay.newest, version)
      const again = !replay.ordered || replay.versions.has(version)
      if (replay.ordered) model.cursor = Math.max(cursor ?? 0, version)
      else replay.untold.set(version, frame)
      replay.versions.add(version)
      return again ? "again" : "new"
    }
    if (cursor === undefined || (frame.type === "chat_created" && version > cursor)) {
      if (model.chat !== undefined && frame.type !== "chat_created") model.stale = true
    } else if (version <= cursor) {
      return "known"
    } else if (version > cursor + 1) {
      model.beginReplay(undefined, false)
      this.ask([model], false)
      return "known"
    }
    model.cursor = version
    return "new"
  }

  private reset(id: ChatId, version: number): void {
    const model = this.store.models.get(id)
    if (model === undefined) return
    const { open } = model
    this.failures.ended(id)
    model.replay = undefined
    model.cursor = version
    model.window.clear()
    model.pins.clear()
    model.stale = true
    this.loader.repair(id)
    if (open) this.loader.page(model, "page").catch(() => {})
    this.store.touch(id)
  }

  /** `proves`: the server also says what they add up to. `mine`: the user's own state too, if it has to be synced. */
  private ask(models: ReadonlyArray<ChatModel>, proves: boolean, mine = false): void {
    const me = mine ? this.store.own.syncs : undefined
    const cursors = {
      ...Object.fromEntries(models.map(({ id, cursor }) => [id, cursor ?? 0])),
      ...(me === undefined ? {} : { me }),
    }
    const { connected } = this
    this.syncing++
    const check = proves ? this.proof.of(models) : undefined
    this.connection.ask({ type: "sync", cursors, check }, (answer) => {
      if (answer._tag === "Cut" || connected !== this.connected) return
      if (answer._tag === "Refused") {
        const wait = answer.error.retry_after_ms ?? 1_000 + this.runtime.random() * 1_000
        const retry = models.filter((model) => this.store.models.get(model.id) === model && model.replay !== undefined)
        this.runtime.after(wait, () => {
          if (connected !== this.connected) return
          this.syncing--
          this.ask(retry, proves, mine)
        })
        return
      }
      this.syncing--
      const failed = new Set("failed" in answer.ack ? answer.ack.failed : [])
      for (const model of models) if (!failed.has(model.id)) this.finish(model, undefined)
      this.failures.failed(
        models.filter(({ id }) => failed.has(id)),
        () => connected === this.connected,
      )
      this.settle()
    })
  }

  private finish(model: ChatModel, version: number | undefined): void {
    if (model.replay === undefined) return
    const { untold } = model.replay
    this.failures.ended(model.id)
    model.endReplay(version)
    for (const [, frame] of [...untold].sort(([a], [b]) => a - b)) this.store.tell(frame)
    if (model.window.hasHole) {
      model.window.breakOff()
      this.loader.toNewest(model).catch(() => {})
    }
    if (this.store.chatsLoaded) this.loader.repair(model.id)
    this.store.touch(model.id)
  }

  private async loadList(): Promise<void> {
    if (this.store.chatsLoaded) {
      this.loader.repairAll()
      return this.settle()
    }
    if (this.listing) return
    this.listing = true
    try {
      await this.loader.list()
      this.loader.repairAll()
      this.settle()
    } catch {
      this.runtime.after(1_000 + this.runtime.random() * 1_000, () => {
        if (this.up) void this.loadList()
      })
    } finally {
      this.listing = false
    }
  }

  private settle(): void {
    if (this.up && this.syncing === 0 && this.store.chatsLoaded) this.caughtUp()
  }

  /** Loads the users whose names will be shown. */
  private meet(frame: ChatFrame): void {
    if (frame.type === "member_added" || frame.type === "member_updated") this.store.learn(frame.member.user)
    else if (frame.type === "message") this.loader.person(frame.sender_id)
  }
}
