// Presence on any node: hubs that share tables and a Redis, whose nodes are cut off, frozen and killed.
import { once } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { CloseCode } from "../../src/contract/CloseCode.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { Chats } from "../../src/services/Chats.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { eventually, immortal, installation, mortal, type Node, patient } from "../support/nodes.ts"
import { hasRedis } from "../support/redis.ts"
import { connect, dial, type FakeWire, serve, services, settled, tokenOf } from "../support/sockets.ts"

const presence = (wire: FakeWire) => wire.ofType("presence").map(({ user_id, status }) => `${user_id} ${status}`)
const hello = (wire: FakeWire) => wire.ofType("hello")[0]?.online

/** Waits until the device has received exactly these presence events since it connected. */
const hears = (wire: FakeWire, ...expected: ReadonlyArray<string>) =>
  Effect.flatMap(
    eventually(() => presence(wire).length >= expected.length, `${expected}, not only ${presence(wire)}`),
    () => Effect.sync(() => assert.deepStrictEqual(presence(wire), expected)),
  )

const nodesOf = Effect.fnUntraced(function* (count: number, times = immortal) {
  const { node } = yield* installation(times)
  return yield* Effect.forEach(Array.from({ length: count }), () => node)
})

const [online, offline] = [(id: UserId) => `${id} online`, (id: UserId) => `${id} offline`]
/** Waits for a round trip: a user's earlier events are published before those of a user who connects later. */
const knows = (node: Node, user_id: UserId) =>
  eventually(() => node.hub.state.ports.elsewhere.users.isOnline(user_id), `news of ${user_id}`)
const forgets = (node: Node, user_id: UserId) =>
  eventually(() => !node.hub.state.ports.elsewhere.users.isOnline(user_id), `the end of ${user_id}`)

describe.skipIf(!hasRedis)("presence over many nodes", () => {
  it.live(
    "the first device on any node makes a user online, the last one offline, and hello contains who is online",
    () =>
      Effect.gen(function* () {
        const [one, two, three] = yield* nodesOf(3)
        const { ids } = yield* addGroup(3)
        const [ada, bob, eve] = [ids[0]!, ids[1]!, ids[2]!]
        const [stranger] = yield* addUsers(1)
        const a = yield* one!.on(connect(ada))
        const s = yield* one!.on(connect(stranger!))
        const b = yield* two!.on(connect(bob))
        assert.deepStrictEqual(hello(b), [ada])
        yield* hears(a, online(bob))
        const b2 = yield* three!.on(connect(bob, { device: 2 }))
        assert.deepStrictEqual(hello(b2), [ada])
        yield* knows(two!, bob)
        const e = yield* three!.on(connect(eve))
        assert.sameMembers([...(hello(e) as ReadonlyArray<number>)], [ada, bob])
        yield* hears(a, online(bob), online(eve))
        b.device!.close(CloseCode.Silent)
        e.device!.close(CloseCode.Silent)
        yield* hears(a, online(bob), online(eve), offline(eve))
        yield* hears(b2, online(eve), offline(eve))
        b2.device!.close(CloseCode.Silent)
        yield* hears(a, online(bob), online(eve), offline(eve), offline(bob))
        assert.match(String(a.ofType("presence").at(-1)?.last_seen_at), /^\d{4}-.*Z$/)
        assert.deepStrictEqual(presence(s), [])
      }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.live(
    "a new member of a chat sees members who are online on other nodes; a removed one is not reported offline",
    () =>
      Effect.gen(function* () {
        const [one, two] = yield* nodesOf(2)
        const chats = yield* Chats
        const [ada, bob, eve] = (yield* addUsers(3)) as [UserId, UserId, UserId]
        const a = yield* one!.on(connect(ada))
        const b = yield* two!.on(connect(bob))
        const e = yield* two!.on(connect(eve))
        const chat = yield* chats.createGroup(ada, "Group", [bob])
        yield* hears(a, online(bob))
        yield* hears(b, online(ada))
        yield* chats.addMembers(ada, chat.id, [eve])
        yield* hears(a, online(bob), online(eve))
        yield* hears(e, online(bob), online(ada))
        yield* chats.removeMember(ada, chat.id, eve)
        yield* forgets(one!, eve)
        e.device!.close(CloseCode.Silent)
        b.device!.close(CloseCode.Silent)
        yield* hears(a, online(bob), online(eve), offline(bob))
      }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.live("the users of a node that dies go offline with it, and a node that leaves reports it", () =>
    Effect.gen(function* () {
      const [one, two, three] = yield* nodesOf(3, mortal)
      const { ids } = yield* addGroup(4)
      const [ada, bob, eve, both] = ids as [UserId, UserId, UserId, UserId]
      const a = yield* one!.on(connect(ada))
      yield* two!.on(connect(bob))
      yield* hears(a, online(bob))
      yield* two!.on(connect(both))
      yield* hears(a, online(bob), online(both))
      yield* one!.on(connect(both, { device: 2 }))
      yield* three!.on(connect(eve))
      yield* hears(a, online(bob), online(both), online(eve))
      yield* three!.leave
      yield* hears(a, online(bob), online(both), online(eve), offline(eve))
      const died = Date.now()
      yield* two!.die
      yield* hears(a, online(bob), online(both), online(eve), offline(eve), offline(bob))
      // The last sign of life, not when its end was noticed.
      const last_seen_at = Date.parse(String(a.ofType("presence").at(-1)?.last_seen_at))
      assert.isAtLeast(last_seen_at, died - 1_500)
      assert.isAtMost(last_seen_at, died + mortal.beat)
      const later = yield* one!.on(connect(ada, { device: 2 }))
      assert.deepStrictEqual(hello(later), [both])
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.live("a user who reconnects to another node in time was never offline, also when their node shuts down", () =>
    Effect.gen(function* () {
      const { node } = yield* installation(patient)
      const [one, two, three] = [yield* node, yield* node, yield* node]
      const { ids } = yield* addGroup(5)
      const [ada, bob, eve, stays, last] = ids as [UserId, UserId, UserId, UserId, UserId]
      const a = yield* one.on(connect(ada))
      const b = yield* two.on(connect(bob))
      yield* hears(a, online(bob))
      const e = yield* three.on(connect(eve))
      yield* hears(a, online(bob), online(eve))
      yield* three.on(connect(stays))
      yield* hears(a, online(bob), online(eve), online(stays))
      const came = presence(a)

      b.device!.close(CloseCode.Silent)
      yield* one.on(connect(bob, { device: 2 }))
      e.device!.close(CloseCode.Silent)
      const went = Date.now()
      yield* three.leave
      // Who asks now finds those who may come back, also on a node that was not there when they went.
      const l = yield* (yield* node).on(connect(last))
      assert.sameMembers([...(hello(l) as ReadonlyArray<number>)], [ada, bob, eve, stays])
      yield* two.on(connect(eve, { device: 2 }))
      yield* hears(a, ...came, online(last))

      yield* hears(a, ...came, online(last), offline(stays))
      const last_seen_at = Date.parse(String(a.ofType("presence").at(-1)?.last_seen_at))
      assert.isAtLeast(last_seen_at, went - 10)
      assert.isAtMost(last_seen_at, went + patient.absence - 1_000)
      assert.isAtLeast(Date.now(), last_seen_at + patient.absence)
      const fresh = yield* two.on(connect(ada, { device: 2 }))
      assert.sameMembers([...(hello(fresh) as ReadonlyArray<number>)], [bob, eve, last])
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.live(
    "a node that loses Redis keeps its own presence, and both sides receive what they missed when it is back",
    () =>
      Effect.gen(function* () {
        const [one, two] = yield* nodesOf(2, mortal)
        const { ids } = yield* addGroup(6)
        const [ada, bob, eve, cut, late, stays] = ids as [UserId, UserId, UserId, UserId, UserId, UserId]
        const a = yield* one!.on(connect(ada))
        const b = yield* two!.on(connect(bob))
        yield* hears(a, online(bob))
        const e = yield* two!.on(connect(eve))
        yield* hears(a, online(bob), online(eve))
        const gone = yield* one!.on(connect(cut))
        yield* hears(b, online(eve), online(cut))
        yield* two!.on(connect(stays))
        yield* hears(a, online(bob), online(eve), online(cut), online(stays))

        two!.wire.cut()
        yield* eventually(() => presence(a).length >= 7, "the lease's end")
        assert.sameMembers(presence(a).slice(4), [offline(bob), offline(eve), offline(stays)])
        // Concurrently on both sides: one user disconnects, one connects.
        e.device!.close(CloseCode.Silent)
        gone.device!.close(CloseCode.Silent)
        yield* hears(b, online(eve), online(cut), online(stays), offline(eve))
        const l = yield* two!.on(connect(late))
        assert.sameMembers([...(hello(l) as ReadonlyArray<number>)], [ada, bob, cut, stays])
        yield* hears(b, online(eve), online(cut), online(stays), offline(eve), online(late))

        two!.wire.heal()
        yield* eventually(() => presence(a).length >= 11, "those who are back")
        assert.sameMembers(presence(a).slice(8), [online(bob), online(stays), online(late)])
        yield* hears(b, online(eve), online(cut), online(stays), offline(eve), online(late), offline(cut))
        const fresh = yield* one!.on(connect(ada, { device: 2 }))
        assert.sameMembers([...(hello(fresh) as ReadonlyArray<number>)], [bob, late, stays])
      }).pipe(Effect.scoped, Effect.provide(services())),
  )

  for (const noticed of [true, false]) {
    it.live(
      `no user appears offline when Redis loses everything${noticed ? "" : ", and its outage was not noticed"}`,
      () =>
        Effect.gen(function* () {
          const { forget, keys, node } = yield* installation(immortal)
          const [one, two] = [yield* node, yield* node]
          const { ids } = yield* addGroup(3)
          const [ada, bob, eve] = ids as [UserId, UserId, UserId]
          const a = yield* one.on(connect(ada))
          const b = yield* two.on(connect(bob))
          yield* hears(a, online(bob))
          // Their node may learn of Ada before the hello or after it.
          const isKnown = () => hello(b)?.includes(ada) === true || presence(b).includes(online(ada))
          yield* eventually(isKnown, "Ada is known to Bob")
          const known = presence(b)
          const before = yield* keys
          if (noticed) for (const { wire } of [one, two]) wire.cut()
          yield* forget
          for (const { wire } of [one, two]) wire.heal()
          let after: ReadonlyArray<string> = []
          while (after.length < before.length) after = yield* keys
          yield* two.on(connect(eve))
          yield* hears(a, online(bob), online(eve))
          yield* hears(b, ...known, online(eve))
          const fresh = yield* one.on(connect(ada, { device: 2 }))
          assert.sameMembers([...(hello(fresh) as ReadonlyArray<number>)], [bob, eve])
          assert.deepStrictEqual(presence(a), [online(bob), online(eve)])
        }).pipe(Effect.scoped, Effect.provide(services())),
    )
  }

  it.live("a user's sockets are counted over all nodes, and those of a dead one are forgotten", () =>
    Effect.gen(function* () {
      const [one, two] = yield* nodesOf(2, mortal)
      const [ada] = yield* addUsers(1)
      const open = (node: Node, device: number, path = "/ws") =>
        Effect.gen(function* () {
          const url = yield* node.on(serve)
          const { client, socket } = yield* dial(`${url}${path}?token=${tokenOf(ada!, { device })}`)
          const opened = path === "/ws" ? client.hears({ type: "hello" }) : once(socket, "open")
          yield* Effect.promise(() => Promise.race([opened, client.closed]))
          return { client, socket }
        })
      const first = yield* open(one!, 1)
      yield* open(one!, 2, "/rpc")
      yield* open(two!, 3)
      const fourth = yield* open(two!, 4)
      assert.strictEqual((yield* Effect.promise(() => fourth.client.closed)).code, CloseCode.TooManySockets)
      const remote = yield* open(two!, 4, "/rpc")
      assert.strictEqual((yield* Effect.promise(() => remote.client.closed)).code, CloseCode.TooManySockets)
      first.socket.close()
      yield* eventually(() => one!.hub.state.listeners.devices === 0, "the first to be gone")
      const fifth = yield* open(two!, 5)
      assert.strictEqual(fifth.socket.readyState, fifth.socket.OPEN)
      yield* one!.die
      yield* settled
      for (let device = 6; ; device++) {
        const { client, socket } = yield* open(two!, device)
        if (socket.readyState === socket.OPEN) break
        assert.strictEqual((yield* Effect.promise(() => client.closed)).code, CloseCode.TooManySockets)
      }
      assert.strictEqual(two!.hub.state.listeners.devices, 3)
    }).pipe(Effect.scoped, Effect.provide(services({ socketsPerUser: 3 }))),
  )
})
