// The members of a chat and how far each has read, once requested.
import type { Member } from "../../domain/Chat.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { User } from "../../domain/User.ts"

export class MemberTable {
  private members: Map<UserId, Member> | null = null
  private shown: ReadonlyArray<Member> | null = null
  /** By member, the version of the chat at which an event showed them. */
  private readonly versions = new Map<UserId, number>()

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

  has(id: UserId): boolean {
    return this.members?.has(id) ?? false
  }

  replace(members: ReadonlyArray<Member>): void {
    this.members = new Map(members.map((member) => [member.user.id, member]))
    this.versions.clear()
    this.shown = null
  }

  /** A member as of `version`: the copy with the greater version is newer. Watermarks only rise. */
  put(member: Member, version: number): void {
    if (this.members === null) return
    const { id } = member.user
    const known = this.members.get(id)
    const isNews = known === undefined || version >= (this.versions.get(id) ?? 0)
    const last_read_seq = Math.max(member.last_read_seq, known?.last_read_seq ?? 0)
    this.members.set(id, { ...(isNews ? member : known), last_read_seq })
    if (isNews) this.versions.set(id, version)
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

  delete(id: UserId): void {
    this.members?.delete(id)
    this.versions.delete(id)
    this.shown = null
  }

  raise(id: UserId, seq: number): void {
    const member = this.members?.get(id)
    if (member === undefined || seq <= member.last_read_seq) return
    this.members?.set(id, { ...member, last_read_seq: seq })
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
