// Users whose names begin with the typed text, requested a moment after the last key.
import { useEffect, useState } from "react"
import type { User } from "../../src/domain/User.ts"
import { useClient } from "../model/hooks.ts"
import { refusalText } from "../ui/notices.tsx"

const pauseMillis = 180
/** After a failure it is requested again. */
const againMillis = 3_000

export interface People {
  readonly items: ReadonlyArray<User>
  /** The query of the items; null before the first answer. */
  readonly query: string | null
  /** Why there was no answer, in words. */
  readonly failure?: string
}

const none: People = { items: [], query: null }

export const usePeople = (query: string, whenEmpty = false): People => {
  const client = useClient()
  const [people, setPeople] = useState<People>(none)
  const wanted = query.trim().replace(/^@/, "")
  const [tries, setTries] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: trying again is what a new number of tries means
  useEffect(() => {
    if (wanted === "" && !whenEmpty) {
      setPeople(none)
      return
    }
    const abort = new AbortController()
    let timer = setTimeout(
      () => {
        client.searchUsers(wanted, { signal: abort.signal }).then(
          (items) => {
            if (!abort.signal.aborted) setPeople({ items, query: wanted })
          },
          (cause) => {
            if (abort.signal.aborted) return
            setPeople({ ...none, failure: refusalText(cause) })
            timer = setTimeout(() => setTries((n) => n + 1), againMillis)
          },
        )
      },
      wanted === "" ? 0 : pauseMillis,
    )
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [client, wanted, whenEmpty, tries])
  return people
}
