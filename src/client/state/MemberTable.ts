// The members of a chat and how far each has read, once requested.
import type { EventMember, Member } from "../../domain/Chat.ts"
import type { VersionSum } from "../../domain/Check.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { User } from "../../domain/User.ts"

export class MemberTable {
  private members: Map<UserId, Member> | null = null
  /** In a private chat, how far a device of the other one has the messages, as frames tell it. */
  delivered = 0
  private shown: ReadonlyArray<Member> | null = null

  get known(): boolean {
    return this.members !== null
  }

  /** undefined while unknown. */
  get size(): number | undefined {
    return this.members?.size
  }

  /** The same array until something changes; null while unknown. */
  list(): ReadonlyArray<Member> | null {
    if (this.members !== null) this.shown ??= [...this.members.values()]
    return this.shown
  }

  /** What the members add up to; undefined while unknown. */
  sum(): VersionSum | undefined {
    if (this.members === null) return undefined
    let sum = 0
    for (const { version } of this.members.values()) sum += version
    return { count: this.members.size, sum }
  }

  clear(): void {
    this.members = null
    this.shown = null
  }

  has(id: UserId): boolean {
    return this.members?.has(id) ?? false
  }

  replace(members: ReadonlyArray<Member>): void {
    this.members = new Map(members.map((member) => [member.user.id, member]))
    this.shown = null
  }

  /** A member as of `version`: the copy with the greater version is newer. Watermarks only rise. */
  put(member: EventMember, version: number): void {
    if (this.members === null) return
    const { id } = member.user
    const known = this.members.get(id)
    const newest = known === undefined || version >= known.version ? { ...member, version } : known
    this.members.set(id, {
      ...newest,
      last_read_seq: Math.max(member.last_read_seq, known?.last_read_seq ?? 0),
    })
    this.shown = null
  }

  /** A member's profile has changed; false: no member is this user. */
  putUser(user: User): boolean {
    const member = this.members?.get(user.id)
    if (member === undefined) return false
    this.members?.set(user.id, { ...member, user })
    this.shown = null
    return true
  }

  /** The user left at `version`; a member who joined again later is kept. */
  delete(id: UserId, version: number): void {
    if ((this.members?.get(id)?.version ?? 0) > version) return
    this.members?.delete(id)
    this.shown = null
  }

  /** `version`: that of the read mark; sending and the user's own wish to read have none. */
  raise(id: UserId, seq: number, version = 0): void {
    const member = this.members?.get(id)
    if (member === undefined || (seq <= member.last_read_seq && version <= member.version)) return
    this.members?.set(id, {
      ...member,
      last_read_seq: Math.max(seq, member.last_read_seq),
      version: Math.max(version, member.version),
    })
    this.shown = null
  }

  /** How far all but this one have read, at most `ceiling`. */
  readByOthers(me: UserId, ceiling: number): number {
    let lowest = ceiling
    for (const member of this.members?.values() ?? []) {
      if (member.last_read_seq < lowest && member.user.id !== me) lowest = member.last_read_seq
    }
    return lowest
  }
}
