// The words of what one does with messages in English: pins, threads, forwards, selecting several, former texts.
import { isolated } from "./isolated.ts"
import { plural } from "./plural.ts"

const count = (n: number, one: string, other: string) => `${n.toLocaleString("en")} ${plural("en", n, { one, other })}`

export const enMessages = {
  pins: {
    pin: "Pin",
    unpin: "Unpin",
    bar: "Pinned messages",
    title: (n: number) => count(n, "pinned message", "pinned messages"),
    one: "Pinned message",
    place: (n: number, of: number) => `Pinned message ${n} of ${of}`,
    all: "All pinned messages",
    go: "Go to the pinned message",
    by: (name: string, when: string) => `${isolated(name)} pinned it ${when}`,
    unpinOne: (text: string) => `Unpin: ${text}`,
    none: "Nothing is pinned here",
    tooMany: "A chat has at most 50 pinned messages.",
  },

  forward: {
    forward: "Forward",
    title: (n: number) => (n === 1 ? "Forward to…" : `Forward ${count(n, "message", "messages")} to…`),
    search: "Search chats",
    none: "No chat by this name",
    sending: (done: number, of: number) => `${done} of ${of}…`,
    done: (n: number, name: string) =>
      n === 1 ? `Forwarded to ${isolated(name)}` : `${count(n, "message", "messages")} forwarded to ${isolated(name)}`,
    doneAll: (n: number, chats: number) =>
      `${n === 1 ? "Forwarded" : `${count(n, "message", "messages")} forwarded`} to ${count(chats, "chat", "chats")}`,
    partly: (done: number, of: number) => `${done} of ${count(of, "message", "messages")} forwarded.`,
    choose: (name: string) => `Select ${isolated(name)}`,
    toChats: (n: number) => `Forward to ${count(n, "chat", "chats")}`,
    failed: (name: string, reason: string) => `Not all was forwarded to ${isolated(name)}: ${reason}`,
    original: "Show the original",
  },

  select: {
    select: "Select",
    bar: "Selected messages",
    count: (n: number) => (n === 0 ? "Select messages" : `${n.toLocaleString("en")} selected`),
    one: (about: string) => `Select: ${about}`,
    copy: "Copy",
    stop: "Stop selecting",
    most: (n: number) => `At most ${n} messages at a time.`,
    deleteTitle: (n: number) => `Delete ${count(n, "message", "messages")}?`,
    deleteText: "They disappear for everybody in this chat.",
  },

  thread: {
    open: "Thread",
    reply: "Reply in a thread",
    title: "Thread",
    close: "Close the thread",
    count: (n: number, atLeast = false) =>
      atLeast ? `${n.toLocaleString("en")}+ replies` : count(n, "reply", "replies"),
    none: "No replies yet",
    earlier: "Earlier replies",
    replies: "Replies",
    label: "Message in the thread",
    placeholder: "Reply…",
    gone: "This thread is not available.",
  },

  history: {
    open: "Change history",
    now: "now",
    none: "Its former texts are not kept.",
  },

  dates: {
    title: "Jump to a date",
    day: "Day",
    go: "Jump",
    open: (day: string) => `${day}: jump to a date`,
  },

  info: {
    close: "Close the chat info",
    members: "Members",
    pins: "Pinned",
    links: "Links",
    noLinks: "No links in the messages that were looked at",
    further: "Look further back",
    inMessage: (name: string, when: string) => `${isolated(name)}, ${when}`,
    showLink: (link: string) => `Show ${link} in the chat`,
  },

  tools: {
    bar: "Quick actions",
    more: "More actions",
  },
}

export type MessageWords = typeof enMessages
