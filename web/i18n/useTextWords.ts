// The words of reactions and of written texts. They are loaded with the first conversation.
import { dictionary } from "./dictionary.ts"
import { enTexts } from "./enTexts.ts"

export const { words: textWords, useWords: useTextWords } = dictionary(enTexts, {
  ru: () => import("./ruTexts.ts").then(({ ruTexts }) => ruTexts),
})
