// The table of kinds of jobs: what the server does later. A kind is declared once, here; its work is in src/jobs, and
// the compiler asks for it. Does not know how jobs are stored or run.

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

export interface JobKind {
  /** Milliseconds between two runs; null: the job is added when there is work, and ends with it. */
  readonly every: number | null
  /** The longest wait after failures, milliseconds. */
  readonly longestWait: number
}

export const jobKinds = {
  /** Removes the user from their chats. */
  account_deletion: { every: null, longestWait: minute },
  audit_log: { every: hour, longestWait: hour },
  /** Lets the private chat of two users read that one has blocked the other, or no longer. */
  block: { every: null, longestWait: minute },
  deleted_chats: { every: minute, longestWait: minute },
  ended_sessions: { every: hour, longestWait: hour },
  /** Lets followers read on (src/followers). */
  followers: { every: minute, longestWait: minute },
  /** Keys the digests of earlier releases. */
  old_digests: { every: hour, longestWait: hour },
  /** Sends a scheduled message; its key is that of the sender's state. */
  scheduled_message: { every: null, longestWait: second },
  /** Publishes that sessions of a user have ended, which the operator's command cannot. */
  session_ends: { every: null, longestWait: 10 * second },
  /** Computes the search words of users of earlier releases. */
  search_words: { every: hour, longestWait: hour },
  /** Deletes files that nothing uses, and their bytes. */
  unused_files: { every: minute, longestWait: hour },
} as const satisfies { readonly [name: string]: JobKind }

export type JobName = keyof typeof jobKinds

export const jobNames = Object.keys(jobKinds) as ReadonlyArray<JobName>
