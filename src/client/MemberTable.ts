// Who is in a chat and how far each has read, once that was asked for.
import type { Member } from "../domain/Chat.ts"
import type { UserId } from "../domain/Ids.ts"

export class MemberTable {
  private members: Map<UserId, Member> | null = null
  private shown: ReadonlyArray<Member> | null = null

  get known(): boolean {
    return this.members !== null
  }

  /** undefined while it is not known. */
  get size(): number | undefined {
    return this.members?.size
  }

  /** The very same array until something changes; null while it is not known. */
  list(): ReadonlyArray<Member> | null {
    if (this.members !== null) this.shown ??= [...this.members.values()]
    return this.shown
  }

  has(id: UserId): boolean {
    return this.members?.has(id) ?? false
  }

  replace(members: ReadonlyArray<Member>): void {
    this.members = new Map(members.map((member) => [member.user.id, member]))
    this.shown = null
  }

  /** Watermarks only rise. */
  put(member: Member): void {
    const last_read_seq = Math.max(member.last_read_seq, this.members?.get(member.user.id)?.last_read_seq ?? 0)
    this.members?.set(member.user.id, { ...member, last_read_seq })
    this.shown = null
  }

  delete(id: UserId): void {
    this.members?.delete(id)
    this.shown = null
  }

  raise(id: UserId, seq: number): void {
    const member = this.members?.get(id)
    if (member === undefined || seq <= member.last_read_seq) return
    this.members?.set(id, { ...member, last_read_seq: seq })
    this.shown = null
  }

  /** What all but this one have read, at most `ceiling`. */
  readByOthers(me: UserId, ceiling: number): number {
    let lowest = ceiling
    for (const member of this.members?.values() ?? []) {
      if (member.last_read_seq < lowest && member.user.id !== me) lowest = member.last_read_seq
    }
    return lowest
  }
}
