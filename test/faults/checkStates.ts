// Own state of users: what was acknowledged is stored, and each device of a user holds what is stored.
import type { History } from "./History.ts"
import { valuesOf } from "./StateLog.ts"

/** What a client wrote of it: how far a chat is read is the server's. */
const written = (value: unknown): string =>
  JSON.stringify(value, (field, content: unknown) => (field === "read_seq" ? undefined : content))

export function* ownStates({ devices, states = new Map(), stateWrites = [] }: History): Iterable<string> {
  for (const { name, state, user_id } of devices) {
    const stored = states.get(user_id)
    if (state === undefined || stored === undefined) continue
    if (state.version !== stored.version)
      yield `${name}: has its own state at version ${state.version}, which is at ${stored.version}`
    const [held, there] = [state.values, valuesOf(stored.entries)]
    for (const key of new Set([...held.keys(), ...there.keys()]))
      if (held.get(key) !== there.get(key))
        yield `${name}: holds ${key} as ${held.get(key)}, but ${there.get(key)} is stored`
  }
  for (const { key, user_id, value, version } of stateWrites) {
    if (version === undefined) continue
    const stored = states.get(user_id)
    const entry = stored?.entries.find((one) => one.key === key)
    const who = `user ${user_id}, ${key}, acknowledged at ${version}`
    if (stored === undefined || stored.version < version) yield `${who}: the state is at ${stored?.version}`
    // Removing what is not there changes nothing.
    else if (entry === undefined ? value !== null : entry.version < version && value !== null) yield `${who}: is lost`
    else if (entry?.version === version && entry.value !== null && written(entry.value) !== value)
      yield `${who}: ${value} is stored as ${JSON.stringify(entry.value)}`
  }
  const wanted = new Set(stateWrites.map(({ key, user_id, value }) => `${user_id} ${key} ${value}`))
  // Other values change by themselves: reading a chat takes its mark away.
  for (const [user, { entries }] of states)
    for (const { key, value } of entries)
      if (value !== null && key.startsWith("app:") && !wanted.has(`${user} ${key} ${JSON.stringify(value)}`))
        yield `user ${user}: ${key} is ${JSON.stringify(value)}, which nobody wrote`
}
