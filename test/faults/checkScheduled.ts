// Scheduled messages: each that was acknowledged is sent once, unless a block refuses it, and one whose answer was lost at
// most once.
import type { History } from "./History.ts"

export const scheduledPrefix = "scheduled:"

export function* scheduledMessages({ blockWrites = [], messages, scheduled = [], states }: History): Iterable<string> {
  const wanted = new Map(scheduled.map((one) => [`${one.chat_id}/${one.sender_id}/${one.text}`, one]))
  const found = new Set<string>()
  for (const { chat_id, dedup_key, id, sender_id, text } of messages) {
    if (dedup_key?.startsWith(scheduledPrefix) !== true) continue
    const what = `${chat_id}/${sender_id}/${text}`
    const one = wanted.get(what)
    if (one === undefined) yield `message ${id} was sent at its time, though nobody scheduled it: ${what}`
    else if (found.has(what)) yield `scheduled once, but sent again as message ${id}: ${what}`
    else if (one.key !== undefined && one.key !== dedup_key)
      yield `message ${id} has the key ${dedup_key} instead of ${one.key}`
    found.add(what)
  }
  for (const [what, { key, sender_id }] of wanted) {
    if (key === undefined || found.has(what)) continue
    const entry = states?.get(sender_id)?.entries.find((one) => one.key === key)
    const failed = (entry?.value as { readonly failed?: string } | null | undefined)?.failed
    const isBlocked = failed === "Blocked" && blockWrites.some(({ blocked_id, on }) => on && blocked_id === sender_id)
    if (!isBlocked) yield `scheduled as ${key}, but not sent${failed === undefined ? "" : ` (${failed})`}: ${what}`
  }
}
