// Presence between nodes over Redis: this node stores its users there under a name with a lease, and publishes changes
// on a channel. Changes that were not published, because Redis was down or the node frozen, are not repeated one by
// one: the node takes a new name, publishes all users under it and then removes the old name. Other nodes see the new
// name before the old one is gone, so no user appears offline in between.
import { randomBytes } from "node:crypto"
import { Clock, Effect, Fiber, Latch, Option, Schema } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import { type LeaseTimes, leaseTimes, NodeLeases } from "./NodeLeases.ts"
import { type NodeName, PresenceChange, type PresenceHost, type PresenceShape } from "./PresenceShape.ts"
import { PresenceStore, republishMillis } from "./PresenceStore.ts"
import type { RedisClient } from "./RedisConnection.ts"
import type { RedisLink } from "./RedisLink.ts"

/** Users published at a time when all are. */
const slice = 200
/** How many former names of this node are kept; the other nodes have long forgotten older ones. */
const maxNames = 100

/** How long the farewell may take: a node that could not say it is forgotten when its lease ends. */
const retireWithin = "500 millis"

/** Without spaces, and unique. */
const newName = (): NodeName => randomBytes(9).toString("base64url")

export const makeRedisPresence = (link: RedisLink["Service"], times: LeaseTimes = leaseTimes): PresenceShape => {
  const store = new PresenceStore(link.key, times.lease)
  const decode = Schema.decodeUnknownOption(Schema.fromJsonString(PresenceChange))
  const leases = new NodeLeases(times)
  let node = newName()
  /** All names that this node has had, the oldest first; `abandoned` contains those that are still to be removed. */
  const names = new Set([node])
  const abandoned = new Set<NodeName>()
  /** A change was not published: everything must be published again. */
  let stale = true
  let begun = false
  let readFailed = false

  /** Sends commands in the order of the calls. After a failure everything is published again. */
  const send = (command: (client: RedisClient) => Promise<unknown>) => {
    const client = link.client()
    // Everything is published when the connection returns.
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
    send((client) => store.change(client, { _tag: "Online", node, user_id, chat_ids }, chat_ids))

  /** Publishes all users, some at a time. */
  const publishAll = Effect.fnUntraced(function* (host: PresenceHost) {
    const users = host.here()[Symbol.iterator]()
    for (let next = users.next(); !next.done; ) {
      yield* link.use(async (client) => {
        const answers: Array<Promise<unknown>> = []
        for (let i = 0; i < slice && !next.done; i++, next = users.next()) {
          const { chat_ids, devices, user_id } = next.value
          answers.push(store.counted(client, node, user_id, devices))
          if (chat_ids !== undefined) {
            answers.push(store.change(client, { _tag: "Online", node, user_id, chat_ids }, chat_ids))
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

  const takeNewName = Effect.fnUntraced(function* (host: PresenceHost) {
    if (begun) abandoned.add(node)
    begun = true
    stale = false
    node = newName()
    names.add(node)
    for (const name of names) if (names.size > maxNames) names.delete(name)
    for (const name of abandoned) if (!names.has(name)) abandoned.delete(name)
    // Later commands follow this beat on the connection, so the name has a lease by then.
    const { gone } = yield* beat
    yield* publishAll(host)
    const now = new Date(yield* Clock.currentTimeMillis).toISOString()
    for (const name of abandoned) {
      yield* link.use((client) => store.leave(client, name, now))
      abandoned.delete(name)
    }
    return gone
  })

  const connect = Effect.fnUntraced(function* (host: PresenceHost) {
    const clock = yield* Clock.Clock
    const woken = Latch.makeUnsafe(false)
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const scope = yield* Effect.scope
    let publishedAt = 0

    /**
     * A node's users go offline unless they reconnect to another node in time. `retired`: its lease in Redis is still
     * valid.
     */
    const expireLater = (dead: NodeName, at: number, retired: boolean): void => {
      const wait = Math.min(times.absence, at + times.absence - clock.currentTimeMillisUnsafe())
      const end = Effect.suspend(() => {
        leases.forget(dead)
        host.onChange({ _tag: "Gone", node: dead, last_seen_at: new Date(at).toISOString() })
        return retired ? Effect.ignore(link.use((client) => store.forget(client, dead))) : Effect.void
      })
      Fiber.runIn(run(Effect.delay(end, Math.max(0, wait))), scope)
    }

    const round = Effect.gen(function* () {
      let { gone, held } = stale ? { gone: [], held: false } : yield* beat
      if (!held) {
        gone = [...gone, ...(yield* Effect.onError(takeNewName(host), () => Effect.sync(() => (stale = true))))]
        publishedAt = clock.currentTimeMillisUnsafe()
      } else if (clock.currentTimeMillisUnsafe() - publishedAt > republishMillis) {
        publishedAt = clock.currentTimeMillisUnsafe()
        yield* publishAll(host)
      }
      for (const dead of gone) expireLater(dead.node, dead.at, false)
      if (readFailed) {
        readFailed = false
        host.onMissed()
      }
    })

    const onMessage = (message: string) => {
      const change = Option.getOrUndefined(decode(message))
      if (change === undefined || names.has(change.node)) return
      if (change._tag === "Gone") {
        expireLater(change.node, Date.parse(change.last_seen_at), true)
        return
      }
      leases.noteAlive(change.node, clock.currentTimeMillisUnsafe())
      host.onChange(change)
    }
    const subscription = yield* link.open({
      prepare: (client) => client.subscribe(store.channel, onMessage),
      onUp: () => host.onMissed(),
      onDown: () => {},
    })
    yield* link.onUp(() => {
      leases.up(clock.currentTimeMillisUnsafe())
      stale = true
      woken.openUnsafe()
    })
    yield* Effect.addFinalizer(() => {
      const now = new Date(clock.currentTimeMillisUnsafe()).toISOString()
      return Effect.ignore(
        Effect.timeout(
          link.use((client) => store.retire(client, node, now)),
          retireWithin,
        ),
      )
    })
    // Changes until the subscription stands are read when it does.
    yield* Effect.ignore(Effect.timeout(subscription.first, "2 seconds"))
    yield* round.pipe(
      // Redis is down: everything is published when it returns.
      Effect.catch((_: Unavailable) => Effect.void),
      Effect.catchDefect((defect) => Effect.logError("Presence could not be published", defect)),
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
      send((client) => store.change(client, { _tag: "Offline", node, user_id, last_seen_at }, chat_ids)),
    left: (user_id, chat_id) =>
      send((client) => store.change(client, { _tag: "Left", node, user_id, chat_id }, [chat_id])),
    read: (chat_ids) =>
      link
        .use((client) => store.read(client, chat_ids, names))
        .pipe(Effect.tapError(() => Effect.sync(() => (readFailed = true)))),
  }
}
