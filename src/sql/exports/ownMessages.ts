// Reads the messages of one user in a chat, at a price that grows with these, not with the chat: `sender_blocks` holds
// who wrote in which block, and only those blocks are read. Sending does not write it, and there is no index by sender,
// which every message would pay for. A block that no export has read yet is read whole once, and its senders are stored for
// all later exports.
import { Effect } from "effect"
import { extrasJson, iso } from "../database/columns.ts"
import type { Database } from "../database/Database.ts"
import { number } from "../database/params.ts"
import { exportPage, senderBlock } from "./exportPage.ts"
import type { ExportStoreShape } from "./shape.ts"

/** Blocks of a page. */
const blocksAtOnce = exportPage.places / senderBlock

const messageJson = `left((select row_to_json(j)::text from (
    select m.id, m.chat_id, m.seq, m.text, ${iso("m.created_at")} as created_at, ${iso("m.edited_at")} as edited_at,
      m.deleted, m.reply_to, m.dedup_key
  ) j), -1) || ${extrasJson("m")} || '}'`

// `$3`: the place before the page, `$4`: the number of whole blocks. The block after these, the chat's end, is always
// read, once all others are known. `upto`: the last place of the page, unless it is full.
// Blocks are sorted so that the limit ends the search in one of them.
const pageStatement = `
  with head as materialized (
    select coalesce((select blocks from sender_heads where chat_id = $2::bigint), 0) as known
  ), blocks as materialized (
    select block from (
      (select block from sender_blocks
       where chat_id = $2::bigint and user_id = $1::bigint and block >= $3::bigint / ${senderBlock}
       order by block limit ${blocksAtOnce})
      union
      select $4::bigint from head where known >= $4::bigint
    ) own order by block limit ${blocksAtOnce}
  ), page as materialized (
    select m.* from (select block from blocks order by block) b
    cross join lateral (
      select * from messages m
      where m.chat_id = $2::bigint and m.sender_id = $1::bigint
        and m.seq > greatest($3::bigint, b.block * ${senderBlock}) and m.seq <= (b.block + 1) * ${senderBlock}
      order by m.seq limit ${exportPage.messages}
    ) m
    order by b.block, m.seq limit ${exportPage.messages}
  )
  select coalesce(string_agg(${messageJson}, ',' order by m.seq), '') as items, count(*)::float8, max(m.seq)::float8 as last,
    (select known from head)::float8 as known,
    (select case when count(*) = ${blocksAtOnce} then max(block) + 1 else (select known from head) end from blocks)::float8
      * ${senderBlock} as upto
  from page m`

// In one order, so that two exports do not wait for each other in a circle. No row: the chat is gone.
const storeStatement = `
  with step as materialized (
    select c.id as chat_id, h.blocks as low, least(h.blocks + ${blocksAtOnce}, $2::bigint) as high
    from chats c
    cross join lateral (
      select coalesce((select blocks from sender_heads where chat_id = c.id), 0) as blocks offset 0
    ) h
    where c.id = $1::bigint and c.deleted_at is null
  ), stored as (
    insert into sender_blocks (chat_id, user_id, block)
    select s.chat_id, m.sender_id, m.block
    from step s
    cross join lateral (
      select distinct sender_id, (seq - 1) / ${senderBlock} as block from messages
      where chat_id = s.chat_id and seq > s.low * ${senderBlock} and seq <= s.high * ${senderBlock}
    ) m
    order by m.sender_id, m.block
    on conflict do nothing
  )
  insert into sender_heads as h (chat_id, blocks) select chat_id, high from step
  on conflict (chat_id) do update set blocks = greatest(h.blocks, excluded.blocks)
  returning 1`

interface Page {
  readonly items: string
  readonly count: number
  readonly last: number | null
  readonly known: number
  readonly upto: number
}

export const ownMessages = (query: Database["Service"]["query"]): ExportStoreShape["messages"] =>
  Effect.fn("ExportStore.messages")(function* (user_id, { chat_id, last_seq }, after) {
    const whole = Math.floor(last_seq / senderBlock)
    const [page] = yield* query<Page>(pageStatement, [number(user_id), number(chat_id), number(after), number(whole)])
    if (page === undefined) return { items: "", next: null }
    const { count, items, known, last, upto } = page
    if (last !== null && count === exportPage.messages) return { items, next: last < last_seq ? last : null }
    if (upto < known * senderBlock) return { items, next: upto }
    if (known >= whole) return { items, next: null }
    const stored = yield* query(storeStatement, [number(chat_id), number(whole)])
    return { items, next: stored.length > 0 ? Math.max(after, upto) : null }
  })
