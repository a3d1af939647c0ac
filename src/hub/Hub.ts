// Owns this node's connected devices: their table, what they receive, their shutdown. Receives signals from Broadcast.
// Does not own the events (services), nor the creation of sockets (Upgrade).
import { Clock, Context, Effect, Layer, PubSub, Random, Schedule, Semaphore } from "effect"
import { Broadcast } from "../broadcast/Broadcast.ts"
import { Presence } from "../broadcast/Presence.ts"
import { Settings } from "../config/Settings.ts"
import { CloseCode } from "../contract/CloseCode.ts"
import type { CurrentUser } from "../contract/CurrentUser.ts"
import type { Unavailable } from "../domain/errors.ts"
import type { UserId } from "../domain/Ids.ts"
import { Auth } from "../services/auth/Auth.ts"
import { Chats } from "../services/Chats.ts"
import { RateLimits } from "../services/limits/RateLimits.ts"
import { Messages } from "../services/Messages.ts"
import { OwnState } from "../services/OwnState.ts"
import { Changes } from "../sql/changes/Changes.ts"
import { ChatStore } from "../sql/chats/ChatStore.ts"
import { StateStore } from "../sql/state/StateStore.ts"
import { UserStore } from "../sql/users/UserStore.ts"
import type { ConnectedUser, ListenedChat } from "./Device.ts"
import { Device, type DeviceOptions } from "./Device.ts"
import { FrameDelays } from "./delivery/Flusher.ts"
import { FrameBudget } from "./delivery/FrameBudget.ts"
import type { Wire } from "./delivery/Wire.ts"
import { HubDelivery } from "./HubDelivery.ts"
import type { HubState } from "./HubState.ts"
import { Inbound } from "./inbound/Inbound.ts"
import { makeLoading } from "./Loading.ts"
import { enterIfMember } from "./lateMembers.ts"
import { greet } from "./Opening.ts"
import { Places } from "./Places.ts"
import { PositionReads } from "./PositionReads.ts"
import { RemotePresence } from "./presence/RemotePresence.ts"
import { makeReconciler } from "./replay/Reconciler.ts"
import { Replays } from "./replay/Replays.ts"
import { Syncs } from "./replay/Sync.ts"
import { sweeper } from "./Sweeper.ts"
import { Standings } from "./state/Standings.ts"
import { StateReplays } from "./state/StateReplays.ts"
import { UserUpdates } from "./UserUpdates.ts"

/** Typing signals that wait while the broadcast lags behind; over this limit they are dropped. */
const maxPublishing = 1_000
/** Pages of replays that are read concurrently; the embedded database has one session, so it reads one. */
const maxReplaying = 3
/** Holes that are read concurrently: after a loss there may be one in every chat. */
const maxFilling = 4
/** How long a shutdown waits for the answers to accepted commands. */
const answersMillis = 600
/** How long a shutdown waits for the peers' close frames. */
const goodbyeMillis = 1_000
/** How long a shutdown waits until marks of delivered messages are stored. */
const storeMillis = 500
/** The time over which the reconnections after a shutdown are spread. */
const comebackMillis = 5_001

/** Done once all wires have ended. */
const lastGone = (state: HubState): Effect.Effect<void> =>
  Effect.callback((resume) => {
    state.onLastGone = () => resume(Effect.void)
    if (state.transports === 0) state.onLastGone()
  })

export class Hub extends Context.Service<
  Hub,
  {
    readonly state: HubDelivery
    /**
     * Reads the chats of a user, once for all their devices, and listens to them. The entry stays until it is passed to
     * `open` or `release`.
     */
    prepare(user_id: UserId): Effect.Effect<ConnectedUser, Unavailable>
    release(user: ConnectedUser): void
    /** Adds a device, which receives nothing before `greet`; the wire may deliver its frames from now on. */
    open(user: ConnectedUser, identity: CurrentUser["Service"], wire: Wire, options: DeviceOptions): Device
    /** Sends hello; from then on events are sent. Closes the device when the chats cannot be read. */
    greet(device: Device): Effect.Effect<void>
    /**
     * Accepts no new device and no more commands, waits for the answers to those under way, and closes all devices with
     * 1001, each with its own delay to reconnect; ends what is left soon after.
     */
    readonly shutdown: Effect.Effect<void>
  }
>()("confab/hub/Hub") {
  static readonly layer = Layer.effect(
    Hub,
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const broadcast = yield* Broadcast
      const auth = yield* Auth
      const chats = yield* Chats
      const messages = yield* Messages
      const rateLimits = yield* RateLimits
      const rows = yield* ChatStore
      const changes = yield* Changes
      const presence = yield* Presence
      const states = yield* StateStore
      const users = yield* UserStore
      const ownState = yield* OwnState
      const { databaseUrl, framesPerSecond, socketsPerUser } = yield* Settings
      const services = yield* Effect.context<never>()
      const fork = Effect.runForkWith(services)
      const callback = Effect.runCallbackWith(services)

      let publishing = 0
      const reconciler = makeReconciler(broadcast, rows, states)
      const filling = Semaphore.makeUnsafe(maxFilling)
      const elsewhere: RemotePresence = new RemotePresence(presence, () => state, fork)
      const state: HubDelivery = new HubDelivery({
        now: () => clock.currentTimeMillisUnsafe(),
        later: (millis, then) => fork(Effect.delay(Effect.sync(then), millis)),
        fill: (chat) =>
          fork(
            Effect.catchDefect(Effect.ignore(fill(chat)), (defect) => {
              state.holes.failed(chat)
              return Effect.logError("A hole could not be filled", defect)
            }),
          ),
        catchUp: (device, chat_id, stood) => syncs.catchUp(device, chat_id, stood),
        unreadMarks: ownState.unreadMarks,
        privateReaders: ownState.privateReaders,
        readBlockers: (user) =>
          fork(
            Effect.retry(standings.read(user), {
              schedule: Schedule.spaced("1 second"),
              while: () => user.devices.length + user.pins > 0,
            }).pipe(Effect.ignore),
          ),
        userUpdated: (user_id) => userUpdates.note(user_id),
        readState: (device) => fork(stateReplays.catchUp(device)),
        storeDelivered: (marks) =>
          fork(
            Effect.catch(rows.delivered(marks), () =>
              Effect.logDebug("Marks of delivered messages could not be stored"),
            ),
          ),
        publish: (signal) => {
          if (publishing >= maxPublishing) return
          publishing++
          callback(broadcast.publish(signal), { onExit: () => publishing-- })
        },
        watch: reconciler.watch,
        elsewhere,
        places: new Places(presence, socketsPerUser),
        budget: new FrameBudget(framesPerSecond),
        delays: yield* FrameDelays,
        compare: () => {
          reconciler.compare()
          fork(ownState.unreadMarks.read)
          fork(ownState.privateReaders.read)
        },
      })
      const userUpdates = new UserUpdates(() => state, users, rows, fork)
      const replays = new Replays(
        changes,
        databaseUrl === undefined ? 1 : maxReplaying,
        // A node that receives every signal need not ask the database.
        broadcast.isDistributed
          ? (device, chat_id) => enterIfMember(state, rows, device.user, chat_id, device)
          : undefined,
      )
      const stateReplays = new StateReplays(states, databaseUrl === undefined ? 1 : maxReplaying)
      const syncs = new Syncs(replays, stateReplays, rows, (effect) => fork(effect))
      const inbound = new Inbound({
        chats,
        rateLimits,
        place: (by, message_id, reply) => callback(messages.place(by, message_id), { onExit: reply }),
        compose: (by, written, reply) => callback(messages.compose(by, written), { onExit: reply }),
        authenticate: (token, reply) => callback(auth.authenticate(token), { onExit: reply }),
        putState: (by, key, value, reply) => callback(ownState.putUnlimited(by, key, value), { onExit: reply }),
        sync: (device, frame) => syncs.sync(device, frame),
        defect: (cause) => fork(Effect.logError("A command of a socket failed unexpectedly", cause)),
      })

      const fill = Effect.fnUntraced(function* (chat: ListenedChat) {
        if (chat.users.size === 0) return
        const log = broadcast.isDistributed ? Effect.logDebug : Effect.logWarning
        yield* log("Broadcast skipped events of a chat; reading them from the database")
        const hole = yield* Effect.retry(changes.hole(chat.id, chat.version), Schedule.spaced("1 second"))
        state.holes.filled(chat, hole)
      }, filling.withPermit)

      const reads = new PositionReads(rows, fork)
      const standings = new Standings(state, states, (effect) => fork(effect))
      const load = makeLoading(state, broadcast, rows, reads, standings)

      const subscription = yield* broadcast.subscribe
      yield* Effect.forkScoped(
        Effect.forever(
          Effect.flatMap(PubSub.takeAll(subscription), (signals) =>
            Effect.catchCause(
              Effect.sync(() => state.handle(signals)),
              (cause) => Effect.logError("A broadcast could not be delivered", cause),
            ),
          ),
          // A yield after each would cost one more turn for every message.
          { disableYield: true },
        ),
      )
      yield* Effect.forkScoped(sweeper(state, syncs))
      yield* Effect.forkScoped(reconciler.run(state))

      yield* presence.connect(elsewhere)

      const shutdown = Effect.gen(function* () {
        state.accepting = false
        const devices = [...state.listeners.users.values()].flatMap((user) => user.devices)
        const connections = [...state.listeners.callers, ...devices]
        for (const connection of connections) connection.wire.pause()
        for (let waited = 0; connections.some(({ busy }) => busy) && waited < answersMillis; waited += 20) {
          yield* Effect.sleep(20)
        }
        // Evenly spread, so that no two reconnect at the same moment, in random order.
        const first = yield* Random.next
        for (const [i, connection] of (yield* Random.shuffle(connections)).entries()) {
          const wait = Math.floor(((i + first) * comebackMillis) / connections.length)
          connection.close(CloseCode.GoingAway, `{"retry_after_ms":${wait}}`)
        }
        yield* Effect.timeoutOption(lastGone(state), goodbyeMillis)
        for (const connection of connections) connection.wire.terminate()
        const marks = state.delivered.take()
        if (marks.length > 0) yield* Effect.ignore(Effect.timeout(rows.delivered(marks), storeMillis))
      })
      yield* Effect.addFinalizer(() => shutdown)

      return Hub.of({
        state,
        prepare: Effect.fnUntraced(function* (user_id: UserId) {
          const user = state.listeners.pin(user_id)
          if (!user.loaded || broadcast.isDistributed)
            yield* Effect.onError(load(user), () => Effect.sync(() => state.listeners.unpin(user)))
          return user
        }),
        release: (user) => state.listeners.unpin(user),
        open: (user, identity, wire, options) => {
          const device = new Device(state, inbound, user, identity, wire, options)
          device.positions = user.firstRead?.current()
          if (options.resume) device.resumeBy = Number.POSITIVE_INFINITY
          state.listeners.attach(device)
          state.absences.end(user)
          state.listeners.unpin(user)
          state.transports++
          return device
        },
        greet: (device) =>
          Effect.suspend(() => {
            // The session may have ended between the verification of the token and the entry into the table.
            if (auth.hasEnded(device.session_id)) device.close(CloseCode.SessionEnded)
            return greet(state, syncs, rows, reads, device)
          }),
        shutdown,
      })
    }),
  )
}
