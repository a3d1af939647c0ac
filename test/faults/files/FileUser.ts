// A user who lives with files: uploads them at once, slowly or half-way, sends, forwards, edits and deletes messages, sets drafts and
// avatars, opens links, deletes files and at last the account. A life ends with the server.
import type { Person, Reply } from "../../support/person.ts"
import type { Random } from "../Random.ts"
import { content, picture } from "./contents.ts"
import type { KnownFile, Ledger } from "./Ledger.ts"
import { download, type Pace, sha256Of, upload } from "./transfer.ts"

/** The server did not answer. */
class Cut extends Error {}

/** A message that was not answered. */
interface Unsure {
  readonly chat_id: number
  readonly body: object
  /** What it has once it is sent. */
  readonly attachments: ReadonlyArray<number>
}

export class FileUser {
  readonly person: Person
  /** Asked to delete the account. */
  isLeaving = false
  readonly #ledger: Ledger
  readonly #random: Random
  readonly #unsure: Array<Unsure> = []
  #sequence = 0

  constructor(person: Person, ledger: Ledger, random: Random) {
    this.person = person
    this.#ledger = ledger
    this.#random = random
  }

  /** So many actions, or as many as the server's life allows. false: the server did not answer. */
  async live(actions: number): Promise<boolean> {
    try {
      for (let i = 0; i < actions && !this.isLeaving; i++) await this.#act()
      return true
    } catch (error) {
      if (error instanceof Cut) return false
      throw error
    }
  }

  async #act(): Promise<void> {
    const chance = this.#random.next()
    if (chance < 0.34) await this.#upload()
    else if (chance < 0.6) await this.#send()
    else if (chance < 0.67) await this.#forward()
    else if (chance < 0.71) await this.#edit()
    else if (chance < 0.8) await this.#deleteMessage()
    else if (chance < 0.85) await this.#draft()
    else if (chance < 0.88) await this.#avatar()
    else if (chance < 0.92) await this.#link()
    else if (chance < 0.985) await this.#deleteFile()
    else await this.#leave()
  }

  async #upload(): Promise<KnownFile | undefined> {
    return this.#uploadContent(await content(this.#random))
  }

  async #uploadContent({ bytes, isPicture }: Awaited<ReturnType<typeof content>>): Promise<KnownFile | undefined> {
    const pace = this.#random.pick<Pace>(["at once", "at once", "slowly", "aborted"])
    const query = isPicture ? "name=a.png" : "name=a&as=file"
    const answer = await this.#answered(() => upload(this.person, bytes, query, pace, this.#random))
    if (answer === undefined) {
      this.#ledger.count("uploads given up half-way")
      return undefined
    }
    if (!this.#expect("an upload", answer, [201, 409])) return undefined
    if (answer.status === 409) {
      this.#ledger.count("uploads over the quota")
      return undefined
    }
    this.#ledger.count(isPicture ? "pictures" : "uploads")
    const file: KnownFile = {
      id: answer.body.id,
      owner: this.person,
      size: answer.body.size,
      sha256: isPicture ? undefined : sha256Of(bytes),
      round: this.#ledger.round,
      deleted: "no",
    }
    if (isPicture && answer.body.kind !== "photo") this.#violation(`a picture became a ${answer.body.kind}`)
    this.#ledger.files.set(file.id, file)
    return file
  }

  /** One's own files, the newest first. */
  #files(): ReadonlyArray<KnownFile> {
    return [...this.#ledger.files.values()]
      .filter(({ deleted, owner }) => owner === this.person && deleted === "no")
      .toReversed()
  }

  /** Of the newest ones: the others are mostly in use or gone. */
  #someFiles(most: number): ReadonlyArray<KnownFile> {
    return this.#random.shuffle(this.#files().slice(0, 4)).slice(0, this.#random.between(1, most))
  }

  #chat(): number {
    const mine = [...this.#ledger.members].filter(([, members]) => members.includes(this.person))
    return this.#random.pick(mine)[0]
  }

  async #send(): Promise<void> {
    const again = this.#unsure.pop()
    if (again !== undefined) return this.#say(again, [200, 201, 404, 409])
    const files = this.#someFiles(3)
    if (files.length === 0) return void (await this.#upload())
    const attachments = files.map(({ id }) => id)
    const body = { text: "", dedup_key: this.#key(), attachments }
    // Nothing deletes what was uploaded in this life of the server.
    const isSure = files.every(({ round }) => round === this.#ledger.round)
    await this.#say({ chat_id: this.#chat(), body, attachments }, isSure ? [201] : [201, 404])
  }

  async #forward(): Promise<void> {
    const seen = [...this.#ledger.messages.values()].filter(({ chat_id }) =>
      this.#ledger.members.get(chat_id)?.includes(this.person),
    )
    if (seen.length === 0) return
    const { attachments, id } = this.#random.pick(seen.slice(-20))
    const body = { dedup_key: this.#key(), forward: id }
    await this.#say({ chat_id: this.#chat(), body, attachments }, [201, 404, 409])
  }

  async #say(message: Unsure, statuses: ReadonlyArray<number>): Promise<void> {
    this.#unsure.push(message)
    const { attachments, body, chat_id } = message
    const answer = await this.#ask("POST", `/chats/${chat_id}/messages`, body)
    this.#unsure.splice(this.#unsure.indexOf(message), 1)
    if (!this.#expect("a message", answer, statuses) || answer.status >= 300) return
    this.#ledger.count("forward" in body ? "forwards" : "messages")
    const { deleted, id } = answer.body
    if (deleted || this.#ledger.messages.has(id)) return
    this.#ledger.messages.set(id, { id, chat_id, attachments, round: this.#ledger.round, deleted: "no" })
    this.#expectAttachments(answer.body, attachments)
  }

  #expectAttachments(message: { id: number; attachments?: ReadonlyArray<{ id: number }> }, ids: ReadonlyArray<number>) {
    const found = (message.attachments ?? []).map(({ id }) => id)
    if (found.join() !== ids.join()) this.#violation(`message ${message.id} has the files ${found}, not ${ids}`)
  }

  /** The newest of one's own messages, one of them at random. */
  #message() {
    const mine = [...this.#ledger.messages.values()].filter(
      ({ attachments, deleted }) =>
        deleted === "no" && this.#ledger.files.get(attachments[0] ?? 0)?.owner === this.person,
    )
    return mine.length === 0 ? undefined : this.#random.pick(mine.slice(-20))
  }

  async #edit(): Promise<void> {
    const message = this.#message()
    if (message === undefined) return
    const answer = await this.#ask("PATCH", `/messages/${message.id}`, { text: `edited ${++this.#sequence}` })
    // A forward of another user is not this one's, and may be in a chat without this one.
    if (this.#expect("an edit", answer, [200, 403, 404, 409]) && answer.status === 200) this.#ledger.count("edits")
  }

  async #deleteMessage(): Promise<void> {
    const message = this.#message()
    if (message === undefined) return
    message.deleted = "unsure"
    const answer = await this.#ask("DELETE", `/messages/${message.id}`)
    if (!this.#expect("a deletion", answer, [204, 403, 404])) return
    message.deleted = answer.status === 204 ? "yes" : "no"
    if (answer.status === 204) this.#ledger.count("deletions of messages")
  }

  async #draft(): Promise<void> {
    const key = `draft:${this.#chat()}`
    const known = `${this.person.id} ${key}`
    this.#ledger.drafts.set(known, undefined)
    if (this.#random.chance(0.3)) {
      if (this.#expect("the end of a draft", await this.#ask("DELETE", `/me/state/${key}`), [204])) {
        this.#ledger.drafts.set(known, [])
      }
      return
    }
    const file = await this.#upload()
    if (file === undefined) return
    const attachments = [file.id]
    const answer = await this.#ask("PUT", `/me/state/${key}`, { text: "Draft", attachments })
    if (!this.#expect("a draft", answer, [200, 204])) return
    this.#ledger.drafts.set(known, attachments)
    this.#ledger.count("drafts")
  }

  async #avatar(): Promise<void> {
    const file = await this.#uploadContent(await picture(this.#random))
    if (file === undefined) return
    this.#ledger.avatars.set(this.person.id, undefined)
    const answer = await this.#ask("PATCH", "/me", { avatar: file.id })
    if (!this.#expect("an avatar", answer, [200])) return
    this.#ledger.avatars.set(this.person.id, file.id)
    this.#ledger.count("avatars")
  }

  async #link(): Promise<void> {
    const [file] = this.#someFiles(1)
    if (file === undefined) return
    const answer = await this.#ask("POST", `/files/${file.id}/link`)
    const isSure = file.round === this.#ledger.round
    if (!this.#expect("a link", answer, isSure ? [200] : [200, 404]) || answer.status === 404) return
    const url: string = answer.body.url
    const path = url.startsWith("http") ? url.slice(new URL(url).origin.length) : url
    const found = await this.#answered(() => download(this.person, path, true))
    // Deleted by a collection since.
    if (found.status === 404 && !isSure) return
    if (found.status !== 200 || found.size !== file.size) this.#violation(`a link of file ${file.id}: ${found.status}`)
    this.#ledger.count("links")
  }

  async #deleteFile(): Promise<void> {
    const [file] = this.#someFiles(1)
    if (file === undefined) return
    file.deleted = "unsure"
    const answer = await this.#ask("DELETE", `/files/${file.id}`)
    if (!this.#expect("the deletion of a file", answer, [204, 404, 409])) return
    file.deleted = answer.status === 409 ? "no" : "yes"
    if (answer.status === 204) this.#ledger.count("deletions of files")
  }

  async #leave(): Promise<void> {
    this.isLeaving = true
    const answer = await this.#ask("DELETE", "/me", { password: this.person.password })
    if (this.#expect("the deletion of an account", answer, [204])) this.#ledger.count("deletions of accounts")
  }

  #key(): string {
    return `${this.person.id}-${this.#ledger.round}-${++this.#sequence}`
  }

  async #ask(method: string, path: string, body?: object): Promise<Reply> {
    return this.#answered(() => this.person.http(method, path, body))
  }

  /** Once more with a new token when it has expired. */
  async #answered<A extends { readonly status: number } | undefined>(attempt: () => Promise<A>): Promise<A> {
    try {
      const answer = await attempt()
      if (answer?.status !== 401) return answer
      await this.person.logIn()
      return await attempt()
    } catch (cause) {
      throw new Cut("No answer", { cause })
    }
  }

  #expect(what: string, { body, status }: Pick<Reply, "status" | "body">, good: ReadonlyArray<number>): boolean {
    if (good.includes(status)) return true
    if (status === 503) this.#ledger.count("answers: unavailable")
    else this.#violation(`${what} was answered ${status} ${JSON.stringify(body)}`)
    return false
  }

  #violation(what: string): void {
    this.#ledger.violations.push(`round ${this.#ledger.round}: ${what}`)
  }
}
