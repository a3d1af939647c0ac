// The unread count: all later messages of a chat without the deleted ones.

/**
 * Deleted messages are counted for each block of as many `seq`s when they are deleted, so that no reader counts more
 * than one block of them.
 */
export const tombstoneBlock = 1_024

/** Of the chat `c` for a member who has read up to `at.seq`. */
export const unread = `case when at.seq = c.last_seq then 0 else c.last_seq - at.seq - (
    select count(*) from messages d
    where d.chat_id = c.id and d.deleted and d.seq > at.seq and d.seq < (at.seq / ${tombstoneBlock} + 1) * ${tombstoneBlock}
  ) - coalesce((
    select sum(t.count) from tombstone_counts t where t.chat_id = c.id and t.block > at.seq / ${tombstoneBlock}
  ), 0) end::float8 as unread_count`
