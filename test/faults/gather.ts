// Reads the final state of a run: the content of the database, and what a new client of each user loads over HTTP.
import type { Person } from "../support/person.ts"
import type { Loaded } from "./ChatLog.ts"
import type { Forwarded, FreshChat, History, Message, StoredChat, StoredMessage } from "./History.ts"
import type { Postgres } from "./Postgres.ts"
import type { StoredState } from "./StateLog.ts"

/** bigint columns come as text. */
interface MessageRow extends Pick<StoredMessage, "text" | "dedup_key" | "deleted" | "edited"> {
  readonly id: string
  readonly chat_id: string
  readonly seq: string
  readonly sender_id: string
  readonly reply_to: string | null
  readonly thread_id: string | null
  readonly forwarded: Forwarded | null
}

type Gathered = Pick<History, "messages" | "chats" | "fresh" | "mentions" | "states">

const idsOf = (items: ReadonlyArray<{ readonly id: number }>): ReadonlyArray<number> => items.map(({ id }) => id)

const threadsOf = async (person: Person, messages: ReadonlyArray<Message>) => {
  const threads = new Map<number, ReadonlyArray<number>>()
  for (const root of new Set(messages.flatMap(({ thread_id }) => thread_id ?? []))) {
    const found: Array<{ readonly id: number; readonly seq: number }> = []
    for (let more = true; more; ) {
      const page = await person.ok("GET", `/messages/${root}/thread?limit=200&after=${found.at(-1)?.seq ?? 0}`)
      found.push(...page.items)
      more = page.has_more
    }
    threads.set(root, idsOf(found))
  }
  return threads
}

const formerOf = async (person: Person, messages: ReadonlyArray<Message>) => {
  const former = new Map<number, ReadonlyArray<string>>()
  for (const { edited_at, id, sender_id } of messages) {
    if (edited_at === null || sender_id !== person.id) continue
    const { items } = await person.ok("GET", `/messages/${id}/edits`)
    former.set(
      id,
      items.map(({ text }: { text: string }) => text),
    )
  }
  return former
}

const mentionsOf = async (person: Person): Promise<ReadonlyArray<number>> => {
  const found: Array<number> = []
  for (let before = ""; ; ) {
    const { items, next } = await person.ok("GET", `/me/mentions?limit=200${before}`)
    found.push(...idsOf(items))
    if (next === null) return found
    before = `&before=${next}`
  }
}

/** A user's own state as it is stored. */
export const loadStateFrom = async (postgres: Postgres, user_id: number): Promise<StoredState> => {
  const [row] = await postgres.query<{ state: StoredState }>(
    `select json_build_object(
      'version', coalesce((select version from user_heads where user_id = ${user_id}), 0),
      'entries', coalesce(
        (select json_agg(json_build_object('key', key, 'value', value::json, 'version', version))
         from user_state where user_id = ${user_id}),
        '[]')
    ) as state`,
  )
  return row?.state ?? { version: 0, entries: [] }
}

/** How many scheduled messages wait to be sent. */
export const due = async (postgres: Postgres): Promise<number> => {
  const [row] = await postgres.query<{ count: string }>("select count(*) from jobs where kind = 'scheduled_message'")
  return Number(row?.count)
}

const load = async (person: Person, chat_id: number): Promise<FreshChat> => {
  const messages: Array<Message> = []
  for (let more = true; more; ) {
    const after = messages.at(-1)?.seq ?? 0
    const page = await person.ok("GET", `/chats/${chat_id}/messages?limit=200&after=${after}`)
    messages.push(...page.items)
    more = page.has_more
  }
  const chat = await person.ok("GET", `/chats/${chat_id}`)
  const pins = await person.ok("GET", `/chats/${chat_id}/pins`)
  const pinned = new Set(pins.items.map(({ message }: { message: { id: number } }) => message.id))
  const members: ReadonlyArray<{ user: { id: number }; role: string; last_read_seq: number }> = chat.members
  return {
    chat_id,
    name: chat.name,
    first: 1,
    messages: messages.map((message) => ({ ...message, pinned: pinned.has(message.id) })),
    reads: new Map(members.map(({ last_read_seq, user }) => [user.id, last_read_seq])),
    members: new Map(members.map(({ role, user }) => [user.id, role])),
    threads: await threadsOf(person, messages),
    former: await formerOf(person, messages),
  }
}

/** Messages of a page that a client begins with. */
const pageSize = 200

/** `reacted`: the end of its JSON, which shows its reactions. */
interface FoundMessage extends Omit<Loaded["messages"][number], "thread_id"> {
  readonly reacted: string
  readonly thread_id: number | null
  readonly parts: object | null
}
interface FoundChat extends Omit<Loaded, "messages"> {
  readonly messages: ReadonlyArray<FoundMessage>
}

/** A chat as one of its members would load it, seen at one instant; undefined: they are not in it. */
export const loadFrom = async (postgres: Postgres, chat_id: number, user_id: number): Promise<Loaded | undefined> => {
  const iso = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${column}`
  const [row] = await postgres.query<{ loaded: FoundChat }>(
    `select json_build_object(
      'version', c.version,
      'name', c.name,
      'messages', (
        select coalesce(json_agg(r order by r.seq), '[]') from (
          select id, chat_id, seq, sender_id, text, ${iso("created_at")}, ${iso("edited_at")}, deleted, reply_to, version,
            records_version, thread_id, parts,
            (reactions_json(id, 0) || '}')::text as reacted,
            exists (select from records where message_id = messages.id and kind = 'pin' and not removed) as pinned
          from messages where chat_id = c.id order by seq desc limit ${pageSize}
        ) r
      ),
      'members', (
        select json_agg(r) from (
          select m.user_id, m.role, greatest(m.last_read_seq, sent.seq) as last_read_seq, m.version, m.read_version
          from chat_members m left join unfolded sent on sent.chat_id = m.chat_id and sent.user_id = m.user_id
          where m.chat_id = c.id and not m.removed
        ) r
      )
    ) as loaded
    from chats_now c join chat_members own on own.chat_id = c.id and own.user_id = ${user_id} and not own.removed
    where c.id = ${chat_id}`,
  )
  if (row === undefined) return undefined
  const messages = row.loaded.messages.map(({ parts, reacted, thread_id, ...message }) => ({
    ...message,
    ...(thread_id === null ? {} : { thread_id }),
    ...parts,
    ...(reacted === "}" ? {} : JSON.parse(`{${reacted.slice(1)}`)),
  }))
  return { ...row.loaded, messages }
}

export const gather = async (postgres: Postgres, everybody: ReadonlyArray<Person>): Promise<Gathered> => {
  const messages = await postgres.query<MessageRow>(
    `select id, chat_id, seq, sender_id, text, dedup_key, deleted, edited_at is not null as edited,
       reply_to, thread_id, parts -> 'forwarded' as forwarded
     from messages order by chat_id, seq`,
  )
  const chats = await postgres.query<{ id: string; type: string; last_seq: string; version: string }>(
    "select id, type, last_seq, version from chats_now",
  )
  const members = await postgres.query<{ chat_id: string; user_id: string; last_read_seq: string }>(
    // As far as their user knows: others may not see it.
    `select m.chat_id, m.user_id, greatest(m.last_read_seq, sent.seq, m.private_read_seq) as last_read_seq
     from chat_members m left join unfolded sent on sent.chat_id = m.chat_id and sent.user_id = m.user_id`,
  )
  const fresh = new Map<number, ReadonlyArray<FreshChat>>()
  const mentions = new Map<number, ReadonlyArray<number>>()
  const states = new Map<number, StoredState>()
  for (const person of everybody) {
    await person.logIn()
    const { items } = await person.ok("GET", "/chats?limit=200")
    const loaded = await Promise.all(items.map((chat: { id: number }) => load(person, chat.id)))
    fresh.set(person.id, loaded)
    mentions.set(person.id, await mentionsOf(person))
    states.set(person.id, await loadStateFrom(postgres, person.id))
  }
  return {
    fresh,
    mentions,
    states,
    messages: messages.map(({ forwarded, ...row }) => ({
      ...row,
      ...(forwarded === null ? {} : { forwarded }),
      reply_to: row.reply_to === null ? null : Number(row.reply_to),
      thread_id: row.thread_id === null ? null : Number(row.thread_id),
      id: Number(row.id),
      chat_id: Number(row.chat_id),
      seq: Number(row.seq),
      sender_id: Number(row.sender_id),
    })),
    chats: chats.map(
      (chat): StoredChat => ({
        id: Number(chat.id),
        last_seq: Number(chat.last_seq),
        version: Number(chat.version),
        isSaved: chat.type === "saved",
        reads: new Map(
          members
            .filter((member) => member.chat_id === chat.id)
            .map((member) => [Number(member.user_id), Number(member.last_read_seq)]),
        ),
      }),
    ),
  }
}
