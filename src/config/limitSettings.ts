// Every limit on what one user or one address can use, declared once. The settings with their defaults,
// `RATE_LIMITS=off`, the counters of RateLimits, their metric and the test of the README's table follow from these
// tables.

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

interface LimitSetting {
  readonly variable: string
  readonly fallback: number
}

/** By the name of the setting. 0 switches a limit off. */
export const limitSettings = {
  signupsPerMinute: { variable: "SIGNUPS_PER_MINUTE", fallback: 10 },
  failedLoginsPerMinute: { variable: "FAILED_LOGINS_PER_MINUTE", fallback: 10 },
  failedLoginsPerAddress: { variable: "FAILED_LOGINS_PER_ADDRESS", fallback: 100 },
  messagesPerSecond: { variable: "MESSAGES_PER_SECOND", fallback: 30 },
  requestsPerSecond: { variable: "REQUESTS_PER_SECOND", fallback: 100 },
  chatsPerHour: { variable: "CHATS_PER_HOUR", fallback: 100 },
  membersPerHour: { variable: "MEMBERS_PER_HOUR", fallback: 10_000 },
  maxChats: { variable: "MAX_CHATS", fallback: 10_000 },
  exportsPerHour: { variable: "EXPORTS_PER_HOUR", fallback: 6 },
  socketsPerUser: { variable: "SOCKETS_PER_USER", fallback: 50 },
  uploadsPerUser: { variable: "UPLOADS_PER_USER", fallback: 4 },
  framesPerSecond: { variable: "FRAMES_PER_SECOND", fallback: 400 },
} as const satisfies Record<string, LimitSetting>

type SettingName = keyof typeof limitSettings

/** The value of each setting. */
export type LimitValues = { readonly [Name in SettingName]: number }

export const unlimited: LimitValues = {
  signupsPerMinute: 0,
  failedLoginsPerMinute: 0,
  failedLoginsPerAddress: 0,
  messagesPerSecond: 0,
  requestsPerSecond: 0,
  chatsPerHour: 0,
  membersPerHour: 0,
  maxChats: 0,
  exportsPerHour: 0,
  socketsPerUser: 0,
  uploadsPerUser: 0,
  framesPerSecond: 0,
}

interface Rate {
  readonly setting: SettingName
  readonly windowMillis: number
  /** How many times the setting may be used at once, after a pause. */
  readonly bursts: number
}

/** Rates per user that each node counts by itself: a user has the whole rate on each node. */
export const nodeRates = {
  /** Writes: messages, edits, deletions, changes of chats and of the profile. */
  messages: { setting: "messagesPerSecond", windowMillis: second, bursts: 2 },
  /** Read marks have a rate of their own, so that reading a busy chat never blocks sending in it. */
  reads: { setting: "messagesPerSecond", windowMillis: second, bursts: 10 },
  /** Calls: HTTP requests, remote calls, refreshes, opened sockets. */
  requests: { setting: "requestsPerSecond", windowMillis: second, bursts: 4 },
} as const satisfies Record<string, Rate>

/** Rates per user over all nodes. */
export const sharedRates = {
  /** Chats that a user creates. */
  chats: { setting: "chatsPerHour", windowMillis: hour, bursts: 1 },
  /** Members that a user adds to groups, also when the user creates the group. */
  members: { setting: "membersPerHour", windowMillis: hour, bursts: 1 },
  exports: { setting: "exportsPerHour", windowMillis: hour, bursts: 1 },
} as const satisfies Record<string, Rate>

/** Rates counted exactly over all nodes: never more than the setting in any window. The caller chooses the key. */
export const windowRates = {
  signups: { setting: "signupsPerMinute", windowMillis: minute, bursts: 1 },
  /** Failed log-ins by name and address. */
  logins: { setting: "failedLoginsPerMinute", windowMillis: minute, bursts: 1 },
  /** Failed log-ins by address, for all names together. */
  addresses: { setting: "failedLoginsPerAddress", windowMillis: minute, bursts: 1 },
} as const satisfies Record<string, Rate>

export type NodeRate = keyof typeof nodeRates
export type SharedRate = keyof typeof sharedRates
export type WindowRate = keyof typeof windowRates
