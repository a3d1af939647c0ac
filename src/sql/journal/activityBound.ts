// A user's newest chats are found without reading all of them: a membership has `active_before`, a time before which the
// chat's last activity was. Where it is infinite the chat is always read. Most memberships have no bound, and cost
// nothing: only those of users with many chats have one. A chat's actor renews the bounds of its members with the first
// activity that reaches them, at most once in `boundMillis`; so a chat was active at most that long before its bound.
import { largeGroup } from "../../domain/Chat.ts"

/** How far a bound is above the activity that renewed it. */
export const boundMillis = 10 * 60_000

/** The number of a user's chats without a bound; memberships beyond it have one, except in large groups. */
export const unboundedChats = 256

const interval = `interval '${boundMillis} milliseconds'`

/** The bound after an activity. */
export const boundAfter = (at: string): string => `${at} + ${interval}`

/** The `active_before` of a new member of a chat with `count` members, after an activity. */
export const boundOfNew = (user_id: string, count: string, at: string): string => `case
        when ${count} <= ${largeGroup} and (
          select count(*) from (
            select from chat_members own
            where own.user_id = ${user_id} and own.active_before = 'infinity' and not own.removed limit ${unboundedChats}
          ) unbounded
        ) >= ${unboundedChats} then ${boundAfter(at)} else 'infinity' end`
