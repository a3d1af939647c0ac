// Compares what users were answered with what a server has after it was killed and started again, and with the bytes on its disk.
import type { Person } from "../../support/person.ts"
import type { Random } from "../Random.ts"
import { type FileServer, quotaMiB } from "./FileServer.ts"
import type { KnownFile, Ledger } from "./Ledger.ts"
import { download } from "./transfer.ts"

/** Downloads at once. */
const atOnce = 8
/** Files that a whole check downloads, at random. */
const mostDownloads = 150

const inTurns = async <A>(items: ReadonlyArray<A>, each: (item: A) => Promise<void>): Promise<void> => {
  const rest = [...items]
  const take = async () => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) await each(item)
  }
  await Promise.all(Array.from({ length: atOnce }, take))
}

interface FileRow {
  readonly id: number
  readonly owner_id: number
  readonly blob: string
  readonly thumb: string | null
  readonly size: number
  /** Of the bytes; null: the blob has no row. */
  readonly sha256: string | null
}

interface MessageRow {
  readonly id: number
  readonly chat_id: number
  readonly attachments: ReadonlyArray<{ readonly id: number }>
  /** Of the rows that say who may see a file. */
  readonly rows: ReadonlyArray<number>
}

const idsOf = (items: ReadonlyArray<{ readonly id: number }>): ReadonlyArray<number> => items.map(({ id }) => id)

/** Names of both, as far as they differ. */
const difference = (one: Iterable<string | number>, other: Iterable<string | number>): ReadonlyArray<string> => {
  const [these, those] = [new Set(one), new Set(other)]
  return [
    ...[...these].filter((item) => !those.has(item)).map((item) => `+${item}`),
    ...[...those].filter((item) => !these.has(item)).map((item) => `-${item}`),
  ]
}

export class FileCheck {
  readonly #server: FileServer
  readonly #ledger: Ledger
  readonly #stranger: Person
  readonly #random: Random
  downloads = 0

  /** `stranger`: is in no chat. */
  constructor(server: FileServer, ledger: Ledger, stranger: Person, random: Random) {
    this.#server = server
    this.#ledger = ledger
    this.#stranger = stranger
    this.#random = random
  }

  /** What was answered in the last life of the server, before anything of it may be collected. */
  async answered(): Promise<void> {
    const { files, messages, round } = this.#ledger
    const recent = [...files.values()].filter((file) => file.round === round && !this.#ledger.isGone(file))
    await inTurns(recent, (file) => this.#isWhole(file.owner, file.id))
    await inTurns(
      [...messages.values()].filter((message) => message.round === round),
      async ({ attachments, chat_id, deleted, id }) => {
        if (deleted === "unsure") return
        const member = this.#memberOf(chat_id)
        const message = await member.ok("GET", `/messages/${id}`)
        if (message.deleted !== (deleted === "yes")) this.#violation(`message ${id}: deleted is ${message.deleted}`)
        if (deleted === "yes") return
        const found = idsOf(message.attachments ?? [])
        if (found.join() !== attachments.join()) {
          this.#violation(`message ${id} has the files ${found}, and was answered with ${attachments}`)
        }
        for (const file of attachments) {
          await this.#isWhole(member, file)
          await this.#isHidden(file)
        }
      },
    )
  }

  /** Everything, after nothing more can be collected. */
  async everything(): Promise<void> {
    const files = await this.#server.query<FileRow>(
      `select f.id::float8, f.owner_id::float8, f.blob::text, f.thumb::text, f.size::float8, b.sha256
       from files f left join blobs b on b.id = f.blob`,
    )
    const messages = await this.#server.query<MessageRow>(
      `select m.id::float8, m.chat_id::float8, m.parts::jsonb -> 'attachments' as attachments,
         array(select a.file_id::float8 from attachments a where a.chat_id = m.chat_id and a.seq = m.seq order by a.place) as rows
       from messages m where not m.deleted and m.parts::jsonb ? 'attachments'`,
    )
    const kept = await this.#kept()
    this.#ownersOf(files, messages, kept)
    this.#answersOf(messages, files)
    await this.#bytesOf(files)
    await this.#sizesOf(files)
    await this.#viewsOf(messages)
  }

  /** Files of avatars and drafts. */
  async #kept(): Promise<ReadonlySet<number>> {
    const rows = await this.#server.query<{ id: number }>(
      `select (info ->> 'avatar')::float8 as id from users where info ->> 'avatar' is not null
       union select (jsonb_array_elements(value::jsonb -> 'attachments'))::float8 from user_state
       where key like 'draft:%' and value like '%"attachments"%'`,
    )
    // A user may delete a file that a draft has.
    return new Set(idsOf(rows).filter((id) => (this.#ledger.files.get(id)?.deleted ?? "no") === "no"))
  }

  /** A file is used, and what is used is a file. */
  #ownersOf(files: ReadonlyArray<FileRow>, messages: ReadonlyArray<MessageRow>, kept: ReadonlySet<number>): void {
    for (const { attachments, id, rows } of messages) {
      if (idsOf(attachments).join() !== rows.join()) {
        this.#violation(`message ${id} shows the files ${idsOf(attachments)}, and the rows are of ${rows}`)
      }
    }
    const used = [...messages.flatMap(({ attachments }) => idsOf(attachments)), ...kept]
    const wrong = difference(idsOf(files), used)
    if (wrong.length > 0) this.#violation(`files without a use (+), or used and not there (-): ${wrong}`)
    for (const [user_id, avatar] of this.#ledger.avatars) {
      if (typeof avatar === "number" && this.#isHere(user_id) && !kept.has(avatar)) {
        this.#violation(`the avatar ${avatar} is gone`)
      }
    }
    for (const [known, ids] of this.#ledger.drafts) {
      if (!this.#isHere(Number(known.split(" ")[0]))) continue
      for (const id of ids ?? []) {
        if (!kept.has(id) && this.#ledger.files.get(id)?.deleted === "no") {
          this.#violation(`the file ${id} of the draft ${known} is gone`)
        }
      }
    }
  }

  #answersOf(messages: ReadonlyArray<MessageRow>, files: ReadonlyArray<FileRow>): void {
    const stored = new Map(messages.map((message) => [message.id, message]))
    for (const { attachments, deleted, id } of this.#ledger.messages.values()) {
      const found = stored.get(id)
      if (deleted === "yes" && found !== undefined) this.#violation(`message ${id} was deleted and is there`)
      if (deleted === "no" && idsOf(found?.attachments ?? []).join() !== attachments.join()) {
        this.#violation(
          `message ${id} has the files ${idsOf(found?.attachments ?? [])}, and was answered with ${attachments}`,
        )
      }
    }
    for (const { id, sha256, size } of files) {
      const known = this.#ledger.files.get(id)
      if (known === undefined) continue
      if (known.size !== size || (known.sha256 ?? sha256) !== sha256) this.#violation(`file ${id} has other bytes`)
    }
  }

  /** On the disk: the bytes of the rows and no others, and nothing of uploads. */
  async #bytesOf(files: ReadonlyArray<FileRow>): Promise<void> {
    const blobs = await this.#server.query<{ id: string; size: number; sha256: string }>(
      "select id::text, size::float8, sha256 from blobs",
    )
    const owned = files.flatMap(({ blob, thumb }) => (thumb === null ? [blob] : [blob, thumb]))
    const ownerless = difference(
      blobs.map(({ id }) => id),
      owned,
    )
    if (ownerless.length > 0)
      this.#violation(`rows of bytes without a file (+), or files without them (-): ${ownerless}`)
    const stored = this.#server.stored()
    const stray = difference(
      stored.map(({ name }) => name),
      blobs.map(({ id }) => id),
    )
    if (stray.length > 0) this.#violation(`bytes without a row (+), or rows without bytes (-): ${stray}`)
    const rows = new Map(blobs.map((blob) => [blob.id, blob]))
    for (const { name, sha256, size } of stored) {
      const row = rows.get(name)
      if (row !== undefined && (row.size !== size || row.sha256 !== sha256))
        this.#violation(`the bytes ${name} are wrong`)
    }
    const uploads = this.#server.uploads()
    if (uploads.length > 0) this.#violation(`uploads were left: ${uploads}`)
  }

  async #sizesOf(files: ReadonlyArray<FileRow>): Promise<void> {
    for (const person of new Set([...this.#ledger.members.values()].flat())) {
      const { used_bytes } = await person.ok("GET", "/me/files?limit=1")
      const sum = files.reduce((total, { owner_id, size }) => total + (owner_id === person.id ? size : 0), 0)
      if (used_bytes !== sum) this.#violation(`user ${person.id} has used ${used_bytes} bytes, and files of ${sum}`)
      if (sum > quotaMiB * 1_048_576) this.#violation(`user ${person.id} has ${sum} bytes, more than the quota`)
    }
  }

  /** As members and a stranger see the files of messages. */
  async #viewsOf(messages: ReadonlyArray<MessageRow>): Promise<void> {
    const views = messages.flatMap(({ attachments, chat_id }) => idsOf(attachments).map((id) => ({ chat_id, id })))
    await inTurns(this.#random.shuffle(views).slice(0, mostDownloads), async ({ chat_id, id }) => {
      await this.#isWhole(this.#memberOf(chat_id), id)
      await this.#isHidden(id)
    })
  }

  async #isWhole(reader: Person, id: number): Promise<void> {
    const known: KnownFile | undefined = this.#ledger.files.get(id)
    const { sha256, size, status } = await download(reader, `/files/${id}`)
    this.downloads++
    if (status !== 200) return this.#violation(`file ${id} is ${status} for user ${reader.id}`)
    if (known === undefined) return
    known.sha256 ??= sha256
    if (size !== known.size || sha256 !== known.sha256)
      this.#violation(`file ${id} has other bytes for user ${reader.id}`)
  }

  /** From those who are in no chat with it. */
  async #isHidden(id: number): Promise<void> {
    const { avatars } = this.#ledger
    if ([...avatars.values()].some((avatar) => avatar === undefined || avatar === id)) return
    const { status } = await download(this.#stranger, `/files/${id}`)
    if (status !== 404) this.#violation(`file ${id} is ${status} for a stranger`)
  }

  #memberOf(chat_id: number): Person {
    return this.#random.pick(this.#ledger.members.get(chat_id) ?? [])
  }

  #isHere(user_id: number): boolean {
    return [...this.#ledger.members.values()].some((members) => members.some(({ id }) => id === user_id))
  }

  #violation(what: string): void {
    this.#ledger.violations.push(`after round ${this.#ledger.round}: ${what}`)
  }
}
