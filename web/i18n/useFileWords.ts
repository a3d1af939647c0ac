// The words of files. They are loaded with the conversation.
import { dictionary } from "./dictionary.ts"
import { enFiles } from "./enFiles.ts"

export const { useWords: useFileWords, words: fileWords } = dictionary(enFiles, {
  ru: () => import("./ruFiles.ts").then(({ ruFiles }) => ruFiles),
})
