// Sends `user_updated` to the devices here of everyone who shares a chat with a user whose profile changed, and of that
// user, once to each device. Reads the profile itself, so that the last of several changes on different nodes is what
// everyone sees. One user at a time, a few devices in each turn of the event loop; changes of a user who waits for this
// are one. Such a frame may be lost, as presence may: members and peers are read with their present names.
import { Effect } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import type { UserId } from "../domain/Ids.ts"
import type { ChatStore } from "../sql/chats/ChatStore.ts"
import type { UserStore } from "../sql/users/UserStore.ts"
import type { Device } from "./Device.ts"
import { textFrame } from "./frames/FrameBytes.ts"
import { userUpdatedJson } from "./frames/ReplyFrames.ts"
import type { HubState } from "./HubState.ts"

/** Users who wait; over this limit a change is not sent. */
const mostWaiting = 10_000
/** Devices that are visited in one turn of the event loop. */
const devicesAtOnce = 1_024

const nextTurn = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))

export class UserUpdates {
  private readonly hub: () => HubState
  private readonly users: Pick<UserStore["Service"], "byIds">
  private readonly chats: Pick<ChatStore["Service"], "idsOf">
  private readonly run: (effect: Effect.Effect<void>) => void
  private readonly waiting = new Set<UserId>()
  private isSending = false

  constructor(
    hub: () => HubState,
    users: Pick<UserStore["Service"], "byIds">,
    chats: Pick<ChatStore["Service"], "idsOf">,
    run: (effect: Effect.Effect<void>) => void,
  ) {
    this.hub = hub
    this.users = users
    this.chats = chats
    this.run = run
  }

  /** The profile of this user has changed. */
  note(user_id: UserId): void {
    if (this.hub().listeners.devices === 0 || this.waiting.size >= mostWaiting) return
    this.waiting.add(user_id)
    if (this.isSending) return
    this.isSending = true
    this.run(this.sendAll)
  }

  private readonly sendAll = Effect.gen({ self: this }, function* () {
    for (const user_id of this.waiting) {
      this.waiting.delete(user_id)
      yield* this.send(user_id).pipe(
        Effect.catch(() => Effect.logDebug("A changed profile could not be read; its frame is left out")),
        Effect.catchDefect((defect) => Effect.logError("A changed profile could not be sent", defect)),
      )
    }
    this.isSending = false
  })

  private readonly send = Effect.fnUntraced(function* (
    this: UserUpdates,
    user_id: UserId,
  ): Effect.fn.Return<void, Unavailable> {
    const [user] = yield* this.users.byIds([user_id])
    if (user === undefined) return
    const chat_ids = yield* this.chats.idsOf(user_id)
    const { listeners, ports } = this.hub()
    const frame = textFrame(userUpdatedJson(user))
    const reached = new Set<Device>()
    let visited = 0
    const reach = (device: Device) => {
      if (reached.has(device)) return
      reached.add(device)
      device.pushDroppable(frame, ports.delays.presence)
    }
    for (const device of listeners.users.get(user_id)?.devices ?? []) reach(device)
    for (const chat_id of chat_ids) {
      for (const other of listeners.chats.get(chat_id)?.users.keys() ?? []) {
        for (const device of other.devices) if (device.listensTo(chat_id)) reach(device)
        if (++visited % devicesAtOnce === 0) yield* nextTurn
      }
    }
  })
}
