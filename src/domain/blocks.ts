// Blocks: a user whom another one has blocked cannot write to them, nor add them to groups, and sees them offline. A
// block is a value of the blocking user's own state (kinds/StateKinds).

export const blockPrefix = "block:"

/** The key of the block of this user. */
export const blockKey = (user_id: number): string => `${blockPrefix}${user_id}`
