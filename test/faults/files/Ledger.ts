// What users of a run were answered about files, and what is therefore true. Judges nothing.
import type { Person } from "../../support/person.ts"

/** Whether something was deleted; `unsure`: it was asked for and not answered. */
export type Deleted = "no" | "unsure" | "yes"

export interface KnownFile {
  readonly id: number
  readonly owner: Person
  readonly size: number
  /** Hexadecimal; of a picture as it was first downloaded. */
  sha256: string | undefined
  /** The life of the server in which its upload was answered. */
  readonly round: number
  deleted: Deleted
}

export interface KnownMessage {
  readonly id: number
  readonly chat_id: number
  readonly attachments: ReadonlyArray<number>
  readonly round: number
  deleted: Deleted
}

export class Ledger {
  /** The number of the server's life. */
  round = 0
  readonly files = new Map<number, KnownFile>()
  readonly messages = new Map<number, KnownMessage>()
  /** Files of drafts by user and key; undefined: unsure. */
  readonly drafts = new Map<string, ReadonlyArray<number> | undefined>()
  /** Avatars by user; undefined: unsure. */
  readonly avatars = new Map<number, number | null | undefined>()
  /** Present members by chat. */
  readonly members = new Map<number, ReadonlyArray<Person>>()
  readonly violations: Array<string> = []
  /** Answers by action. */
  readonly counts = new Map<string, number>()

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  /** The files of a message that may be deleted now or later. */
  isGone({ deleted, owner }: KnownFile): boolean {
    return deleted !== "no" || !this.isPresent(owner)
  }

  isPresent(person: Person): boolean {
    return [...this.members.values()].some((members) => members.includes(person))
  }

  leave(person: Person): void {
    for (const [chat_id, members] of this.members) {
      this.members.set(
        chat_id,
        members.filter((member) => member !== person),
      )
    }
  }
}
