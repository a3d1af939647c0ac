// Waits until a client is connected and in sync.
import type { Abortable } from "../ChatClient.ts"
import { ChatClientError } from "../ChatClientError.ts"
import type { Store } from "../state/Store.ts"

/** Rejects with `SignedOut`, `Closed` or `Aborted` when that will not happen by itself. */
export const whenOnline = (store: Store, isClosed: () => boolean, { signal }: Abortable): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = store.subscribe(() => check())
    const finish = (error?: ChatClientError) => {
      stop()
      signal?.removeEventListener("abort", aborted)
      if (error === undefined) resolve()
      else reject(error)
    }
    const aborted = () => finish(new ChatClientError("Aborted", "The wait was aborted."))
    const check = () => {
      const { connection } = store.getState()
      if (connection.status === "online") finish()
      else if (connection.status === "signed_out") finish(new ChatClientError("SignedOut", "Nobody is signed in."))
      else if (isClosed()) finish(new ChatClientError("Closed", "This client was closed."))
    }
    signal?.addEventListener("abort", aborted)
    if (signal?.aborted) aborted()
    else check()
  })
