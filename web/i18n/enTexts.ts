// The words of reactions, of the emoji picker, and of writing and reading texts in English.
import { plural } from "./plural.ts"

const count = (n: number, one: string, other: string) => `${n.toLocaleString("en")} ${plural("en", n, { one, other })}`

export const enTexts = {
  reactions: {
    title: "Reactions",
    add: (emoji: string) => `React with ${emoji}`,
    remove: (emoji: string) => `Take ${emoji} back`,
    more: "Choose an emoji",
    pill: (emoji: string, n: number, mine: boolean) =>
      `${emoji}, ${count(n, "reaction", "reactions")}${mine ? ", one of them yours" : ""}`,
    who: "Who reacted",
    all: "All",
    none: "Nobody reacts to this any more",
    loadMore: "Show more",
    tooMany: "This message has as many different emoji as it can have.",
  },

  picker: {
    title: "Emoji",
    search: "Search emoji",
    loading: "Loading the emoji…",
    failed: "The emoji could not be loaded.",
    none: "No emoji by this name",
    recent: "Recent",
    skinTone: "Change the skin tone",
    groups: [
      "Smileys",
      "People",
      "",
      "Animals and nature",
      "Food and drink",
      "Travel and places",
      "Activities",
      "Objects",
      "Symbols",
      "Flags",
    ],
    tones: {
      light: "light",
      "medium-light": "medium light",
      medium: "medium",
      "medium-dark": "medium dark",
      dark: "dark",
    },
  },

  text: {
    copyCode: "Copy the code",
    code: "code",
    hidden: "Hidden text. Show it",
  },

  compose: {
    emoji: "Emoji",
    emojiFound: "Emoji by this name",
    peopleFound: "People to mention",
    everyone: "Everybody in this group",
    outside: "not in this chat",
    found: (n: number) => count(n, "suggestion", "suggestions"),
  },

  mentions: {
    next: (n: number) => `Go to the next mention of you: ${count(n, "unread mention", "unread mentions")}`,
  },
}

export type TextWords = typeof enTexts
