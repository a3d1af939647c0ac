// A text in one line, for the list of chats, quotes, notifications and screen readers: without marks, and without what
// is hidden.

const cover = "▒"

export const summary = (text: string): string =>
  /[|`*~_]/.test(text)
    ? text
        .replace(/\|\|(?!\|)(?=\S)([\s\S]*?\S)\|\|(?!\|)/g, (_, hidden: string) =>
          cover.repeat(Math.min(8, hidden.length)),
        )
        .replace(/^ {0,3}`{3,}[^`\n]*$\n?/gm, "")
        .replace(/`([^`\n]+)`/g, "$1")
        .replace(/\*\*(?=\S)([^*\n]*[^\s*])\*\*/g, "$1")
        .replace(/~~(?=\S)([^~\n]*[^\s~])~~/g, "$1")
        .replace(/(?<![\p{L}\p{N}_/.@-])_(?=[^\s_])([^_\n]*[^\s_])_(?![\p{L}\p{N}_])/gu, "$1")
    : text
