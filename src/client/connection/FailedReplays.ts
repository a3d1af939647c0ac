// Chats that the server could not replay: requests them again with growing pauses, and gives up after a few failures in
// a row. Other chats do not wait for them.
import type { ChatId } from "../../domain/Ids.ts"
import type { Runtime } from "../Runtime.ts"
import type { ChatModel } from "../state/ChatModel.ts"
import type { Store } from "../state/Store.ts"
import { backoff } from "./Backoff.ts"

const maxFailures = 3

export class FailedReplays {
  private readonly failures = new Map<ChatId, number>()
  private readonly runtime: Runtime
  private readonly store: Store
  private readonly askAgain: (models: ReadonlyArray<ChatModel>) => void
  private readonly giveUp: (model: ChatModel) => void

  constructor(
    runtime: Runtime,
    store: Store,
    on: { readonly askAgain: (models: ReadonlyArray<ChatModel>) => void; readonly giveUp: (model: ChatModel) => void },
  ) {
    this.runtime = runtime
    this.store = store
    this.askAgain = on.askAgain
    this.giveUp = on.giveUp
  }

  ended(id: ChatId): void {
    this.failures.delete(id)
  }

  /** `isCurrent`: whether the connection on which they failed still exists. */
  failed(models: ReadonlyArray<ChatModel>, isCurrent: () => boolean): void {
    const waiting: Array<ChatModel> = []
    let most = 0
    for (const model of models) {
      if (this.store.models.get(model.id) !== model) continue
      const failures = (this.failures.get(model.id) ?? 0) + 1
      this.failures.set(model.id, failures)
      most = Math.max(most, failures)
      if (failures >= maxFailures) this.giveUp(model)
      else {
        // Live events arrive now, after the hole.
        model.beginReplay(model.replay?.position, false)
        waiting.push(model)
      }
    }
    if (waiting.length === 0) return
    this.runtime.after(backoff(most, this.runtime.random()), () => {
      if (!isCurrent()) return
      const still = waiting.filter((model) => this.store.models.get(model.id) === model && model.replay !== undefined)
      if (still.length > 0) this.askAgain(still)
    })
  }
}
