// Users whose names begin with the typed text, requested a moment after the last key.
import { useEffect, useState } from "react"
import type { User } from "../../src/domain/User.ts"
import { useClient } from "../model/hooks.ts"

const pauseMillis = 180

export interface People {
  readonly items: ReadonlyArray<User>
  /** The query of the items; null before the first answer. */
  readonly query: string | null
}

export const usePeople = (query: string, whenEmpty = false): People => {
  const client = useClient()
  const [people, setPeople] = useState<People>({ items: [], query: null })
  const wanted = query.trim().replace(/^@/, "")
  useEffect(() => {
    if (wanted === "" && !whenEmpty) {
      setPeople({ items: [], query: null })
      return
    }
    const abort = new AbortController()
    const timer = setTimeout(
      () => {
        client.searchUsers(wanted, { signal: abort.signal }).then(
          (items) => {
            if (!abort.signal.aborted) setPeople({ items, query: wanted })
          },
          () => {
            if (!abort.signal.aborted) setPeople({ items: [], query: null })
          },
        )
      },
      wanted === "" ? 0 : pauseMillis,
    )
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [client, wanted, whenEmpty])
  return people
}
