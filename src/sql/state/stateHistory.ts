// How much of the past of a person's own state a client that comes back is told.

/** Changes that a replay tells at most; past that, a reset. */
export const maxStateReplay = 5_000
/** A removed key is remembered for so many further changes, so that a client which comes back hears of it. */
export const keptVersions = 10_000
