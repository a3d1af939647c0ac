// The names of a group's members: those who share a display name with another member are distinguished by @name.
import { useMemo, useRef } from "react"
import type { Conversation } from "../../src/client/state/ChatState.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { folded } from "../../src/domain/searchWords.ts"
import type { User } from "../../src/domain/User.ts"
import type { Words } from "../i18n/en.ts"
import { isolated } from "../i18n/isolated.ts"
import { personName } from "./names.ts"

const noNames: ReadonlySet<string> = new Set()

/** Folded display names that two or more members have. */
export const useSharedNames = (members: Conversation["members"]): ReadonlySet<string> => {
  const before = useRef(members)
  // Read positions change with each message; the members do not.
  const samePeople =
    before.current?.length === members?.length && members?.every(({ user }, i) => user === before.current?.[i]?.user)
  if (!samePeople) before.current = members
  const people = before.current
  return useMemo(() => {
    if (people === null) return noNames
    const seen = new Set<string>()
    const shared = new Set<string>()
    for (const { user } of people) {
      const name = folded(user.display_name)
      if (seen.has(name)) shared.add(name)
      seen.add(name)
    }
    return shared
  }, [people])
}

export const nameAmong = (
  users: ReadonlyMap<UserId, User>,
  id: UserId,
  shared: ReadonlySet<string>,
  words: Words,
): string => {
  const user = users.get(id)
  const name = personName(user, words)
  return user !== undefined && shared.has(folded(user.display_name)) ? `${name} ${isolated(`@${user.username}`)}` : name
}
