// Drafts on all devices of the user: in the local storage a moment after the last key, in their own state when they
// rest. While one is written here it is ahead of the server, and what another device says does not replace it.
import type { ChatId } from "../domain/Ids.ts"
import type { StateEntry } from "../domain/State.ts"
import { isPassing } from "./Http.ts"
import type { Runtime } from "./Runtime.ts"
import type { Session } from "./Session.ts"
import type { Store } from "./state/Store.ts"
import type { Drafts } from "./storage/Drafts.ts"
import type { StoredDraft } from "./storage/OutboxStorage.ts"

/** Milliseconds without a key, after which a draft is sent. */
const rest = 1_500
/** The longest text that the server stores. */
const longest = 4_096

export class SharedDrafts {
  /** Those that the server does not have as they are here. */
  private readonly ahead = new Set<ChatId>()
  private readonly sending = new Set<ChatId>()
  private readonly timers = new Map<ChatId, () => void>()
  private readonly runtime: Runtime
  private readonly session: Session
  private readonly store: Store
  private readonly drafts: Drafts

  constructor(runtime: Runtime, session: Session, store: Store, drafts: Drafts) {
    this.runtime = runtime
    this.session = session
    this.store = store
    this.drafts = drafts
  }

  /** The drafts that this device kept. Those that the server did not get are newer than its own. */
  restore(stored: ReadonlyArray<StoredDraft>): void {
    this.store.storedDrafts = new Map(stored.map(({ chatId, text }) => [chatId, text]))
    for (const { chatId, text, shared } of stored) {
      const model = this.store.model(chatId)
      if (this.ahead.has(chatId) || (shared && this.store.own.knows(`draft:${chatId}`))) continue
      model.draft = text
      if (!shared) this.ahead.add(chatId)
      this.store.touch(chatId)
    }
    this.flush()
  }

  /** Written by the user. */
  write(chatId: ChatId, text: string): void {
    const { me } = this.store
    if (me === null) return
    const isStored = this.store.storedDrafts.has(chatId)
    if (isStored && text === "")
      this.store.storedDrafts = new Map([...this.store.storedDrafts].filter(([id]) => id !== chatId))
    const model = this.store.models.get(chatId)
    if (model === undefined ? !isStored || text !== "" : model.draft === text) return
    this.drafts.put(me.id, chatId, text, false)
    this.store.touch(chatId)
    if (model === undefined) return
    model.draft = text
    this.ahead.add(chatId)
    this.later(chatId, text === "" ? 0 : rest)
  }

  /** The own state says another text, or has been loaded. */
  received(chatId: ChatId): void {
    const model = this.store.models.get(chatId)
    const { me } = this.store
    if (model === undefined || me === null || this.ahead.has(chatId)) return
    const text = this.store.own.draft(chatId)?.text ?? ""
    if (text === model.draft) return
    model.draft = text
    this.drafts.put(me.id, chatId, text, true)
    this.store.touch(chatId)
  }

  /** All of the own state is known: what was kept here and is gone there was sent or emptied on another device. */
  loaded(): void {
    for (const model of this.store.models.values()) if (model.draft !== "") this.received(model.id)
    this.flush()
  }

  /** Sends those that wait for a connection. */
  flush(): void {
    for (const chatId of this.ahead) if (!this.timers.has(chatId)) this.send(chatId)
  }

  clear(): void {
    for (const cancel of this.timers.values()) cancel()
    this.timers.clear()
    this.ahead.clear()
    void this.drafts.flush()
  }

  /** Stores all on this device now. */
  keep(): Promise<void> {
    return this.drafts.flush()
  }

  private later(chatId: ChatId, millis: number): void {
    this.timers.get(chatId)?.()
    const cancel = this.runtime.after(millis, () => {
      this.timers.delete(chatId)
      this.send(chatId)
    })
    this.timers.set(chatId, cancel)
  }

  private send(chatId: ChatId): void {
    const { own, me, models, era } = this.store
    const model = models.get(chatId)
    // A server may not store them. Until the own state is known, an empty text may have nothing to remove, and another device's fields are unknown.
    if (own.at === undefined || me === null || this.sending.has(chatId)) return
    if (model === undefined) {
      this.ahead.delete(chatId)
      return
    }
    const text = model.draft
    const former = own.draft(chatId)
    if (text === (former?.text ?? "") || text.length > longest) {
      this.ahead.delete(chatId)
      return
    }
    if (!this.store.online) return
    this.sending.add(chatId)
    const path = `/me/state/draft:${chatId}`
    this.session
      .request<StateEntry>({ method: "PUT", path, json: text === "" ? null : { ...former, text } })
      .then(
        (entry) => {
          if (era !== this.store.era) return
          if (model.draft === text) {
            this.ahead.delete(chatId)
            this.drafts.put(me.id, chatId, text, true)
          }
          own.take(entry)
        },
        (error: unknown) => {
          if (era !== this.store.era) return
          // Without a connection it waits for the next one. What is refused stays on this device.
          if (!isPassing(error)) this.ahead.delete(chatId)
          else this.later(chatId, 3_000 + this.runtime.random() * 3_000)
        },
      )
      .finally(() => {
        this.sending.delete(chatId)
        if (era === this.store.era && this.ahead.has(chatId) && !this.timers.has(chatId)) this.later(chatId, 0)
      })
  }
}
