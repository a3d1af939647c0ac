// The reactions of this user that the server may not have yet, one set for each client: the conversation and a thread
// show the same.
import { useMemo, useSyncExternalStore } from "react"
import type { ChatClient } from "../../../src/client/ChatClient.ts"
import type { UserId } from "../../../src/domain/Ids.ts"
import type { Entry } from "../../model/Entry.ts"
import { useClient, useMe } from "../../model/hooks.ts"
import { WantedReactions, withWanted } from "./WantedReactions.ts"

const known = new WeakMap<ChatClient, { readonly me: UserId; readonly wanted: WantedReactions; stop(): void }>()

export const useWantedReactions = (): WantedReactions => {
  const client = useClient()
  const { id: me } = useMe()
  const before = known.get(client)
  if (before?.me === me) return before.wanted
  before?.stop()
  const wanted = new WantedReactions(me, (id, emoji, on) => client.react(id, emoji, on))
  known.set(client, { me, wanted, stop: client.onEvent((frame) => wanted.heard(frame)) })
  return wanted
}

/** The entry as this user wants its reactions. */
export const useReacted = (entry: Entry): Entry => {
  const all = useWantedReactions()
  const wanted = useSyncExternalStore(all.subscribe, () => (entry.id === null ? undefined : all.of(entry.id)))
  return useMemo(() => withWanted(entry, wanted), [entry, wanted])
}
