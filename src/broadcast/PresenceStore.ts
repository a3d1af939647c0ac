// Presence as Redis stores it: the commands and their answers. RedisPresence decides when to send which.
import { Schema } from "effect"
import { type ChatId, UserId } from "../domain/Ids.ts"
import type { Leases } from "./NodeLeases.ts"
import type { ChatPresence, NodeName, PresenceChange } from "./PresenceShape.ts"
import { admitScript, aliveScript, beatScript, changeScript, retireScript } from "./presenceScripts.ts"
import type { RedisClient } from "./RedisConnection.ts"

/** Everything is published again before this time has passed twice. */
export const republishMillis = 3_600_000
const keptSeconds = String((3 * republishMillis) / 1000)
/** How long an ended lease is kept, so that all nodes see it ended rather than missing. */
const endedMillis = "600000"

const decodeBeat = Schema.decodeUnknownSync(
  Schema.Tuple([Schema.Int, Schema.NumberFromString, Schema.Array(Schema.String)]),
)
const decodeNames = Schema.decodeUnknownSync(Schema.Array(Schema.String))

export class PresenceStore {
  readonly channel: string
  private readonly key: (name: string) => string
  private readonly nodes: string

  private readonly lease: number

  /** `key` gives the name of a key in this installation. `lease`: milliseconds that a node lives without a beat. */
  constructor(key: (name: string) => string, lease: number) {
    this.lease = lease
    this.key = (name) => key(`presence:${name}`)
    this.channel = this.key("changes")
    this.nodes = this.key("nodes")
  }

  private eval(
    client: RedisClient,
    script: string,
    keys: ReadonlyArray<string>,
    args: ReadonlyArray<string>,
  ): Promise<unknown> {
    return client.sendCommand(["EVAL", script, String(keys.length), ...keys, ...args])
  }

  async beat(client: RedisClient, node: NodeName) {
    const keys = [this.nodes, this.key(`devices:${node}`)]
    const [held, now, scores] = decodeBeat(
      await this.eval(client, beatScript, keys, [node, String(this.lease), endedMillis]),
    )
    const alive = new Map<NodeName, number>()
    const ended = new Map<NodeName, number>()
    for (let i = 0; i + 1 < scores.length; i += 2) {
      const end = Number(scores[i + 1])
      ;(end >= now ? alive : ended).set(scores[i]!, end)
    }
    return { held: held === 1, alive, ended } satisfies { held: boolean; alive: Leases; ended: Leases }
  }

  /** false: the node's lease has ended and nothing was changed. */
  async change(
    client: RedisClient,
    change: Exclude<PresenceChange, { readonly _tag: "Gone" }>,
    chat_ids: ReadonlyArray<ChatId>,
  ): Promise<boolean> {
    const keys = [this.nodes, ...chat_ids.map((id) => this.key(`chat:${id}`))]
    const { _tag, node, user_id } = change
    const command = _tag === "Online" ? "SADD" : "SREM"
    const args = [node, `${node} ${user_id}`, command, keptSeconds, this.channel, JSON.stringify(change)]
    return (await this.eval(client, changeScript, keys, args)) === 1
  }

  async admit(client: RedisClient, node: NodeName, user_id: UserId, devices: number, limit: number): Promise<boolean> {
    const args = [node, user_id, devices, limit, this.lease, this.key("devices:")].map(String)
    return (await this.eval(client, admitScript, [this.nodes], args)) === 1
  }

  async counted(client: RedisClient, node: NodeName, user_id: UserId, devices: number): Promise<void> {
    const key = this.key(`devices:${node}`)
    const field = String(user_id)
    await Promise.all(
      devices === 0 ? [client.hDel(key, field)] : [client.hSet(key, field, devices), client.pExpire(key, this.lease)],
    )
  }

  /**
   * The node shuts down in order. Its users have until their absence ends to reconnect to another node. During that
   * time the others keep them, and they are read from Redis, for which the lease of the last beat is long enough.
   */
  async retire(client: RedisClient, node: NodeName, last_seen_at: string): Promise<void> {
    const gone: PresenceChange = { _tag: "Gone", node, last_seen_at }
    const keys = [this.nodes, this.key(`devices:${node}`)]
    await this.eval(client, retireScript, keys, [node, String(this.lease), this.channel, JSON.stringify(gone)])
  }

  /** No user counts as online on the node any more. */
  async forget(client: RedisClient, node: NodeName): Promise<void> {
    await client.zRem(this.nodes, node)
  }

  /** Removes a former name of this node, after all its users were published under the new one. */
  async leave(client: RedisClient, node: NodeName, last_seen_at: string): Promise<void> {
    const gone: PresenceChange = { _tag: "Gone", node, last_seen_at }
    await Promise.all([
      client.zRem(this.nodes, node),
      client.del(this.key(`devices:${node}`)),
      client.publish(this.channel, JSON.stringify(gone)),
    ])
  }

  /** `mine`: this node's own names. */
  async read(client: RedisClient, chat_ids: ReadonlyArray<ChatId>, mine: ReadonlySet<NodeName>): Promise<ChatPresence> {
    // In this order: a node has its lease before it is in a chat.
    const [chats, alive] = await Promise.all([
      Promise.all(chat_ids.map((id) => client.sMembers(this.key(`chat:${id}`)))),
      this.eval(client, aliveScript, [this.nodes], []),
    ])
    const nodes = new Set(decodeNames(alive))
    const cleaning: Array<Promise<unknown>> = []
    const there = new Map<ChatId, Array<{ readonly node: NodeName; readonly user_id: UserId }>>()
    for (const [i, members] of chats.entries()) {
      const id = chat_ids[i]!
      const dead = members.filter((member) => !nodes.has(nodeOf(member)))
      if (dead.length > 0) cleaning.push(client.sRem(this.key(`chat:${id}`), dead))
      there.set(
        id,
        members
          .map((member) => ({
            node: nodeOf(member),
            user_id: UserId.make(Number(member.slice(nodeOf(member).length))),
          }))
          .filter(({ node }) => nodes.has(node) && !mine.has(node)),
      )
    }
    await Promise.all(cleaning)
    return { there, nodes }
  }
}

/** The node of "<node> <user>". */
const nodeOf = (member: string): NodeName => member.slice(0, member.indexOf(" "))
