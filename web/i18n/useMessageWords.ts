// The words of what one does with messages. They are loaded with the first conversation.
import { dictionary } from "./dictionary.ts"
import { enMessages } from "./enMessages.ts"

export const { useWords: useMessageWords, words: messageWords } = dictionary(enMessages, {
  ru: () => import("./ruMessages.ts").then(({ ruMessages }) => ruMessages),
})
