// Users who are online on other nodes, in the chats to which this node listens. Plain tables that report the effect of
// a change.
import type { ChatPresence, NodeName, PresenceChange } from "../../broadcast/Presence.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"

/** The net effect of some changes for one user. */
export interface Shift {
  /** Whether they were online on another node before. */
  readonly was: boolean
  /** The followed chats that they have entered, and those that they have left on all other nodes. */
  readonly gained: Set<ChatId>
  readonly lost: Set<ChatId>
}

export type Shifts = Map<UserId, Shift>

export class RemoteUsers {
  /** Followed chat → user → the number of nodes. */
  private readonly chats = new Map<ChatId, Map<UserId, number>>()
  /** User → node → their followed chats; no entry is empty. */
  private readonly users = new Map<UserId, Map<NodeName, Set<ChatId>>>()

  follow(chat_id: ChatId): void {
    if (!this.chats.has(chat_id)) this.chats.set(chat_id, new Map())
  }

  unfollow(chat_id: ChatId): void {
    for (const user_id of [...this.inChat(chat_id)]) {
      for (const node of [...(this.users.get(user_id)?.keys() ?? [])]) this.remove(node, user_id, chat_id, new Map())
    }
    this.chats.delete(chat_id)
  }

  isFollowed(chat_id: ChatId): boolean {
    return this.chats.has(chat_id)
  }

  followed(): ReadonlyArray<ChatId> {
    return [...this.chats.keys()]
  }

  isOnline(user_id: UserId): boolean {
    return this.users.has(user_id)
  }

  isIn(user_id: UserId, chat_id: ChatId): boolean {
    return this.chats.get(chat_id)?.has(user_id) === true
  }

  inChat(chat_id: ChatId): Iterable<UserId> {
    return this.chats.get(chat_id)?.keys() ?? []
  }

  take(change: PresenceChange, shifts: Shifts): void {
    switch (change._tag) {
      case "Online":
        for (const chat_id of change.chat_ids) this.add(change.node, change.user_id, chat_id, shifts)
        return
      case "Offline":
        this.removeAll(change.node, change.user_id, shifts)
        return
      case "Left":
        this.remove(change.node, change.user_id, change.chat_id, shifts)
        return
      case "Gone":
        for (const user_id of [...this.users.keys()]) this.removeAll(change.node, user_id, shifts)
        return
      default:
        change satisfies never
    }
  }

  /** Replaces what is known of a chat by what was read, for the nodes that were read. */
  replace(chat_id: ChatId, { nodes, there }: ChatPresence, shifts: Shifts): void {
    const entries = there.get(chat_id) ?? []
    const present = new Set(entries.map(({ node, user_id }) => `${node} ${user_id}`))
    for (const user_id of [...this.inChat(chat_id)]) {
      for (const [node, chat_ids] of [...(this.users.get(user_id) ?? [])]) {
        if (chat_ids.has(chat_id) && nodes.has(node) && !present.has(`${node} ${user_id}`)) {
          this.remove(node, user_id, chat_id, shifts)
        }
      }
    }
    for (const { node, user_id } of entries) this.add(node, user_id, chat_id, shifts)
  }

  private shiftOf(user_id: UserId, shifts: Shifts): Shift {
    let shift = shifts.get(user_id)
    if (shift === undefined) {
      shift = { was: this.users.has(user_id), gained: new Set(), lost: new Set() }
      shifts.set(user_id, shift)
    }
    return shift
  }

  private add(node: NodeName, user_id: UserId, chat_id: ChatId, shifts: Shifts): void {
    const users = this.chats.get(chat_id)
    if (users === undefined) return
    const shift = this.shiftOf(user_id, shifts)
    let nodes = this.users.get(user_id)
    if (nodes === undefined) {
      nodes = new Map()
      this.users.set(user_id, nodes)
    }
    let chat_ids = nodes.get(node)
    if (chat_ids === undefined) {
      chat_ids = new Set()
      nodes.set(node, chat_ids)
    }
    if (chat_ids.has(chat_id)) return
    chat_ids.add(chat_id)
    const count = users.get(user_id) ?? 0
    users.set(user_id, count + 1)
    if (count === 0 && !shift.lost.delete(chat_id)) shift.gained.add(chat_id)
  }

  private remove(node: NodeName, user_id: UserId, chat_id: ChatId, shifts: Shifts): void {
    const nodes = this.users.get(user_id)
    const chat_ids = nodes?.get(node)
    if (nodes === undefined || chat_ids === undefined || !chat_ids.has(chat_id)) return
    const shift = this.shiftOf(user_id, shifts)
    chat_ids.delete(chat_id)
    if (chat_ids.size === 0) nodes.delete(node)
    if (nodes.size === 0) this.users.delete(user_id)
    const users = this.chats.get(chat_id)
    const count = users?.get(user_id) ?? 0
    if (count > 1) users?.set(user_id, count - 1)
    else {
      users?.delete(user_id)
      if (!shift.gained.delete(chat_id)) shift.lost.add(chat_id)
    }
  }

  private removeAll(node: NodeName, user_id: UserId, shifts: Shifts): void {
    for (const chat_id of [...(this.users.get(user_id)?.get(node) ?? [])]) this.remove(node, user_id, chat_id, shifts)
  }
}
