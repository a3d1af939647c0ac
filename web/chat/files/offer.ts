// Whether the server takes files, and how large they may be.
import { useEffect, useState } from "react"
import type { ChatClient } from "../../../src/client/ChatClient.ts"
import { useChatState, useClient } from "../../model/hooks.ts"

/** Bytes; null: it takes none; undefined: not known yet. */
export type FileLimit = number | null | undefined

const known = new WeakMap<ChatClient, FileLimit>()

export const useFileLimit = (): FileLimit => {
  const client = useClient()
  const [limit, setLimit] = useState<FileLimit>(() => known.get(client))
  const online = useChatState((state) => state.connection.status === "online")
  useEffect(() => {
    if (limit !== undefined || !online) return
    let current = true
    client.service().then(
      ({ files }) => {
        const found = files?.max_bytes ?? null
        known.set(client, found)
        if (current) setLimit(found)
      },
      // Asked again with the next connection; until then the server itself decides.
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [client, limit, online])
  return limit
}
