// The size of one export page in a chat: how many places it scans, and the maximum number of messages in it.
export const exportPage = { places: 5_000, messages: 200 } as const

/** Places for which it is stored who wrote there (`sender_blocks`); block 0 begins at `seq` 1. */
export const senderBlock = 1_000
