// Presence between nodes over Redis: what this node tells it keeps there under a name with a lease, and says on a channel. What was
// not told, because Redis was away or the node frozen, is not made up for bit by bit: the node takes a new name, tells everything
// under it, and lets the old name go. Others see the one come before the other leaves, so nobody blinks who was there all along.
import { randomBytes } from "node:crypto"
import { Clock, Effect, Fiber, Latch, Option, Schema } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import { type LeaseTimes, leaseTimes, NodeLeases } from "./NodeLeases.ts"
import { type NodeName, type Presence, PresenceChange, type PresenceHost } from "./Presence.ts"
import { againMillis, PresenceStore } from "./PresenceStore.ts"
import type { RedisClient } from "./RedisConnection.ts"
import type { RedisLink } from "./RedisLink.ts"

/** Users told at a time when all are. */
const slice = 200
/** Former names of ours that are remembered; those before them have long been forgotten by everybody. */
const maxNames = 100

/** Without spaces, and of nobody else. */
const newName = (): NodeName => randomBytes(9).toString("base64url")

export const makeRedisPresence = (link: RedisLink["Service"], times: LeaseTimes = leaseTimes): Presence["Service"] => {
  const store = new PresenceStore(link.key, times.lease)
  const decode = Schema.decodeUnknownOption(Schema.fromJsonString(PresenceChange))
  const leases = new NodeLeases(times)
  let node = newName()
  /** All names that we have had, the oldest first; those in `owed` have still to be let go. */
  const names = new Set([node])
  const owed = new Set<NodeName>()
  /** Something was not told: all is to be told anew. */
  let stale = true
  let begun = false
  let readFailed = false

  /** Told in the order of the calls. A failure is made up for by telling everything. */
  const send = (command: (client: RedisClient) => Promise<unknown>) => {
    const client = link.client()
    // Everything is told when it comes back.
    if (client === undefined) return
    const as = node
    command(client).then(
      (done) => {
        if (done === false && as === node) stale = true
      },
      () => {
        stale = true
      },
    )
  }

  const online = (user_id: UserId, chat_ids: ReadonlyArray<ChatId>) =>
    send((client) => store.tell(client, { _tag: "Online", node, user_id, chat_ids }, chat_ids))

  /** Tells everything, some users at a time. */
  const tellAll = Effect.fnUntraced(function* (host: PresenceHost) {
    const users = host.here()[Symbol.iterator]()
    for (let next = users.next(); !next.done; ) {
      yield* link.use(async (client) => {
        const answers: Array<Promise<unknown>> = []
        for (let i = 0; i < slice && !next.done; i++, next = users.next()) {
          const { chat_ids, devices, user_id } = next.value
          answers.push(store.counted(client, node, user_id, devices))
          if (chat_ids !== undefined) {
            answers.push(store.tell(client, { _tag: "Online", node, user_id, chat_ids }, chat_ids))
          }
        }
        await Promise.all(answers)
      })
    }
  })

  const beat = Effect.gen(function* () {
    const { alive, ended, held } = yield* link.use((client) => store.beat(client, node))
    const now = yield* Clock.currentTimeMillis
    return { held, gone: leases.renew(now, alive, ended).filter((dead) => !names.has(dead.node)) }
  })

  const beginAnew = Effect.fnUntraced(function* (host: PresenceHost) {
    if (begun) owed.add(node)
    begun = true
    stale = false
    node = newName()
    names.add(node)
    for (const name of names) if (names.size > maxNames) names.delete(name)
    for (const name of owed) if (!names.has(name)) owed.delete(name)
    // What is told from here on stands behind it on the connection, and has a lease.
    const { gone } = yield* beat
    yield* tellAll(host)
    const now = new Date(yield* Clock.currentTimeMillis).toISOString()
    for (const name of owed) {
      yield* link.use((client) => store.leave(client, name, now))
      owed.delete(name)
    }
    return gone
  })

  const connect = Effect.fnUntraced(function* (host: PresenceHost) {
    const clock = yield* Clock.Clock
    const woken = Latch.makeUnsafe(false)
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const scope = yield* Effect.scope
    let toldAt = 0

    /** A node's users are offline unless they are back on another one in time. `retired`: in Redis its lease still lasts. */
    const bury = (dead: NodeName, at: number, retired: boolean): void => {
      const wait = Math.min(times.absence, at + times.absence - clock.currentTimeMillisUnsafe())
      const end = Effect.suspend(() => {
        leases.forget(dead)
        host.heard({ _tag: "Gone", node: dead, last_seen_at: new Date(at).toISOString() })
        return retired ? Effect.ignore(link.use((client) => store.forget(client, dead))) : Effect.void
      })
      Fiber.runIn(run(Effect.delay(end, Math.max(0, wait))), scope)
    }

    const round = Effect.gen(function* () {
      let { gone, held } = stale ? { gone: [], held: false } : yield* beat
      if (!held) {
        gone = [...gone, ...(yield* Effect.onError(beginAnew(host), () => Effect.sync(() => (stale = true))))]
        toldAt = clock.currentTimeMillisUnsafe()
      } else if (clock.currentTimeMillisUnsafe() - toldAt > againMillis) {
        toldAt = clock.currentTimeMillisUnsafe()
        yield* tellAll(host)
      }
      for (const dead of gone) bury(dead.node, dead.at, false)
      if (readFailed) {
        readFailed = false
        host.missed()
      }
    })

    const onMessage = (message: string) => {
      const change = Option.getOrUndefined(decode(message))
      if (change === undefined || names.has(change.node)) return
      if (change._tag === "Gone") {
        bury(change.node, Date.parse(change.last_seen_at), true)
        return
      }
      leases.heard(change.node, clock.currentTimeMillisUnsafe())
      host.heard(change)
    }
    const subscription = yield* link.open({
      prepare: (client) => client.subscribe(store.channel, onMessage),
      onUp: () => host.missed(),
      onDown: () => {},
    })
    yield* link.onUp(() => {
      leases.up(clock.currentTimeMillisUnsafe())
      stale = true
      woken.openUnsafe()
    })
    yield* Effect.addFinalizer(() => {
      const now = new Date(clock.currentTimeMillisUnsafe()).toISOString()
      return Effect.ignore(link.use((client) => store.retire(client, node, now)))
    })
    // What happens until it stands is read when it does.
    yield* Effect.ignore(Effect.timeout(subscription.first, "2 seconds"))
    yield* round.pipe(
      // Redis has gone away: all is told when it comes back.
      Effect.catch((_: Unavailable) => Effect.void),
      Effect.catchDefect((defect) => Effect.logError("Presence could not be told", defect)),
      Effect.andThen(Effect.raceFirst(Effect.sleep(times.beat), woken.await)),
      Effect.andThen(woken.close),
      Effect.forever,
      Effect.forkScoped,
    )
  })

  return {
    alone: false,
    absence: times.absence,
    connect,
    admit: (user_id, devices, limit) =>
      link
        .use((client) => store.admit(client, node, user_id, devices, limit))
        .pipe(Effect.catch((_: Unavailable) => Effect.succeed(true))),
    counted: (user_id, devices) => send((client) => store.counted(client, node, user_id, devices)),
    online,
    offline: (user_id, chat_ids, last_seen_at) =>
      send((client) => store.tell(client, { _tag: "Offline", node, user_id, last_seen_at }, chat_ids)),
    left: (user_id, chat_id) =>
      send((client) => store.tell(client, { _tag: "Left", node, user_id, chat_id }, [chat_id])),
    read: (chat_ids) =>
      link
        .use((client) => store.read(client, chat_ids, names))
        .pipe(Effect.tapError(() => Effect.sync(() => (readFailed = true)))),
  }
}
