// The size of the parts in which many members are added.

/** Members that are added at once, and the frames that this sends: each new member is sent to each member. */
const added = { most: 250, least: 25, frames: 250_000 }

/** The maximum number of membership changes in one commit: their frames fit into every device's queue several times. */
export const partOf = (members: number): number =>
  Math.max(added.least, Math.min(added.most, Math.floor(added.frames / members)))
