// Opens a device: subscribe, then read. Its user already listens and its gates hold the events; only then are the
// positions of the chats read, hello sent, and the events after it released. An earlier read is valid as long as no
// event had passed it when the device connected (FirstRead).
import { Effect, Semaphore } from "effect"
import { CloseCode } from "../contract/CloseCode.ts"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { ChatStore } from "../sql/chats/ChatStore.ts"
import type { Device } from "./Device.ts"
import { chatsAtOnce, Greeting } from "./Greeting.ts"
import type { HubState } from "./HubState.ts"
import { enterIfMember } from "./lateMembers.ts"
import type { PositionReads } from "./PositionReads.ts"
import type { Syncs } from "./replay/Sync.ts"
import { watch } from "./Sweeper.ts"

/** Long hellos of one user under way: each occupies memory until the network has accepted it. */
const longAtOnce = 4

/** Reads the positions that the device lacks, and sends hello. */
export const greet = (
  hub: HubState,
  syncs: Syncs,
  rows: ChatStore["Service"],
  reads: PositionReads,
  device: Device,
): Effect.Effect<void, never> =>
  Effect.suspend(() => {
    if (device.closed !== 0) return Effect.void
    watch(hub, device)
    if (device.only !== 0 && !hub.listeners.isIn(device.user, device.only)) {
      return orGoAway(
        device,
        Effect.flatMap(enterIfMember(hub, rows, device.user, device.only), (isMember) => {
          if (isMember) return greetListener(hub, syncs, reads, device)
          device.close(CloseCode.NoLongerMember)
          return Effect.void
        }),
      )
    }
    return greetListener(hub, syncs, reads, device)
  })

const orGoAway = (device: Device, effect: Effect.Effect<void, Unavailable>): Effect.Effect<void> =>
  Effect.catch(effect, (error) =>
    Effect.sync(() => device.close(CloseCode.GoingAway, `{"retry_after_ms":${error.retry_after_ms}}`)),
  )

const greetListener = (hub: HubState, syncs: Syncs, reads: PositionReads, device: Device): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (device.closed !== 0) return Effect.void
    const { user } = device
    const requested: Array<ChatId> = []
    for (const chat of user.chats) if (device.listensTo(chat.id)) requested.push(chat.id)
    const greeting = new Greeting(hub, syncs, device)
    const unknown = hub.ports.elsewhere.known(user.chats) ?? Effect.void
    if (requested.length > chatsAtOnce) {
      const greet = Effect.andThen(unknown, greetInTurns(greeting, reads, requested))
      user.longHellos ??= Semaphore.makeUnsafe(longAtOnce)
      return paused(device, user.longHellos.withPermit(greet))
    }
    const left = greeting.settle(requested)
    if (unknown !== Effect.void || left.length > 0) {
      return paused(device, Effect.andThen(unknown, readAndGreet(greeting, reads, left)))
    }
    greeting.sayAtOnce()
    return Effect.void
  })

/** The client's frames wait during it. */
const paused = (device: Device, effect: Effect.Effect<void, Unavailable>): Effect.Effect<void> =>
  Effect.suspend(() => {
    device.wire.pause()
    return orGoAway(
      device,
      Effect.andThen(
        effect,
        Effect.sync(() => {
          if (device.closed === 0 && !device.paused) device.wire.resume()
        }),
      ),
    )
  })

/** Reads what is missing until hello can be sent completely. */
const readAndGreet = Effect.fnUntraced(function* (
  greeting: Greeting,
  reads: PositionReads,
  left: ReadonlyArray<ChatId>,
) {
  for (let again = left; again.length > 0; ) {
    again = greeting.settle(again, yield* reads.positions(greeting.device.user.id, again))
  }
  greeting.sayAtOnce()
})

/** Like `readAndGreet`, for many chats: other devices have their turns in between, and the network limits the speed. */
const greetInTurns = Effect.fnUntraced(function* (
  greeting: Greeting,
  reads: PositionReads,
  requested: ReadonlyArray<ChatId>,
) {
  let left = yield* greeting.settleInTurns(requested)
  while (left.length > 0)
    left = yield* greeting.settleInTurns(left, yield* reads.positions(greeting.device.user.id, left))
  yield* greeting.sayInTurns()
})
