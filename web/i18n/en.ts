// The page's words in English; every other language has the same shape.
import { enConversations } from "./enConversations.ts"
import { plural } from "./plural.ts"

const count = (n: number, one: string, other: string) => `${n.toLocaleString("en")} ${plural("en", n, { one, other })}`

export const en = {
  skip: "Skip to content",
  back: "Back",
  cancel: "Cancel",
  close: "Close",
  save: "Save",
  saved: "Saved",
  retry: "Try again",
  loading: "Loading…",
  somethingWrong: "Something went wrong. Please try again.",
  offlineError: "No connection to the server. Please try again.",
  unavailable: "The server cannot do this right now. Please try again.",
  notAllowed: "Your role in this group does not allow this.",
  chatFull: "The group has no room for more people.",
  tooMany: (seconds: number) => `Too many attempts. Try again in ${count(seconds, "second", "seconds")}.`,

  settings: {
    theme: "Theme",
    themeAuto: "System",
    themeLight: "Light",
    themeDark: "Dark",
    language: "Language",
    sound: "Sound",
    notifications: "Notifications",
    offer: "Be told of new messages while you look elsewhere?",
    offerYes: "Turn on notifications",
    offerNo: "Not now",
    notificationsDenied: "The browser does not allow notifications for this page.",
    toLight: "Switch to the light theme",
    toDark: "Switch to the dark theme",
  },

  ...enConversations,

  connection: {
    connecting: "Connecting…",
    offline: "No connection. What you write is sent when it is back.",
    offlineStart: "No connection to the server. Confab opens when it is back.",
    waiting: (n: number) => count(n, "message is waiting", "messages are waiting"),
    tooManySockets: "Confab is open in too many places. Close some and reload.",
    foreignOrigin: (page: string) =>
      `The server does not take ${page} for its own address and refuses the connection. Whoever runs it has to set TRUST_PROXY or ` +
      "CORS_ORIGINS; its log says more.",
  },

  time: {
    now: "just now",
    minutes: (n: number) => `${count(n, "minute", "minutes")} ago`,
    at: (day: string, time: string) => `${day} at ${time}`,
  },
}

export type Words = typeof en
