// How much of the history of a user's own state a reconnecting client receives.

/** The maximum number of changes in a replay; over it, a reset. */
export const maxStateReplay = 5_000
/** A removed key is kept for this number of further changes, so that a reconnecting client receives its removal. */
export const keptVersions = 10_000
