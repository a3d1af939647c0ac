// The words of what is one's own in English: settings of chats, scheduled messages, blocks, the parts of the profile, the
// first steps.
import { isolated } from "./isolated.ts"
import { plural } from "./plural.ts"

const count = (n: number, one: string, other: string) => `${n.toLocaleString("en")} ${plural("en", n, { one, other })}`

export const enMine = {
  chat: {
    actions: (name: string) => `Actions for ${isolated(name)}`,
    markUnread: "Mark as unread",
    markRead: "Mark as read",
    pin: "Pin to the top",
    unpin: "Unpin",
    archive: "Archive",
    unarchive: "Take out of the archive",
    mute: "Mute…",
    unmute: "Unmute",
    notify: "Notifications…",
    muteFor: "Mute",
    notMuted: "Not muted",
    hour: "For an hour",
    hours: "For 8 hours",
    day: "For a day",
    forEver: "For ever",
    mutedUntil: (when: string) => `Muted until ${when}`,
    mutedForEver: "Muted",
    level: "Notifications",
    levels: { all: "All messages", mentions: "Mentions", none: "Nothing" },
    settings: "Settings of this chat",
    pinned: "Pinned to the top",
    archived: "In the archive",
  },

  block: {
    block: "Block",
    unblock: "Unblock",
    title: (name: string) => `Block ${isolated(name)}?`,
    text: "They can no longer write to you nor add you to groups, and see you as offline. They are not told of it.",
    blocked: "You have blocked this user.",
    list: "Blocked users",
    none: "You have blocked nobody.",
    unblockOne: (name: string) => `Unblock ${name}`,
  },

  schedule: {
    later: "Send later…",
    options: "Ways to send",
    title: "Send later",
    edit: "Change the message",
    presets: {
      hour: "In an hour",
      evening: "This evening",
      tomorrow: "Tomorrow morning",
      monday: "On Monday",
    },
    own: "Another time",
    text: "Message",
    set: "Schedule",
    bad: "Choose a time from now to a year ahead.",
    scheduled: (when: string) => `It will be sent ${when}.`,
    list: "Scheduled messages",
    count: (n: number) => count(n, "scheduled message", "scheduled messages"),
    none: "Nothing is scheduled in this chat.",
    now: "Send now",
    change: "Change",
    remove: "Delete",
    actions: (text: string) => `Actions for “${text}”`,
    failed: "It could not be sent.",
    failedBlocked: "It could not be sent: one of you has blocked the other.",
    tooLate: "It has been sent already.",
    full: "You have too many scheduled messages.",
  },

  profile: {
    account: "Account",
    accountHint: "Name, password, your data",
    notifications: "Notifications",
    notificationsHint: "Sound, and what they show",
    privacy: "Privacy",
    privacyHint: "Read receipts, blocked users",
    appearance: "Appearance and language",
    appearanceHint: "Theme, words of this page",
    devices: "Devices",
    devicesHint: (n: number) => count(n, "device is signed in", "devices are signed in"),
    receipts: "Show when I have read",
    receiptsText:
      "Without it, the others do not see in private chats that you have read their messages until you answer. Groups show it as ever.",
    forwardLink: "Name me in forwards",
    forwardLinkText: "Without it, forwards of your messages from now on do not say who wrote them.",
    show: "Notifications show",
    shows: { full: "Message", name: "Name only", none: "Nothing" },
    showText: "The same on all your devices. Muted chats stay silent.",
    onThisDevice: "On this device",
    otherDevices: "Other devices",
    endOthers: "Sign out all other devices",
    endOthersTitle: "Sign out all other devices?",
    endOthersText: "They have to sign in again. This device stays signed in.",
    noOthers: "You are signed in on this device alone.",
  },

  welcome: {
    title: "Welcome! Write your first message",
    lead: "Here is where to begin.",
    people: "People here",
    find: "Find somebody by name",
    invite: "Invite others with this link",
    copy: "Copy",
    copied: "The link is copied.",
    saved: "Write to yourself",
    savedHint: "Notes, links and files, on all your devices",
    group: "Start a group",
    notify: "Turn on notifications",
    notifyHint: "So that you hear of the answer",
  },

  update: {
    ready: "A new version of Confab is ready.",
    reload: "Update",
    later: "Later",
  },
}

export type MineWords = typeof enMine
