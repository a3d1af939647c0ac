// The words of the pages before the messenger. They are loaded with those pages.
import { dictionary } from "./dictionary.ts"
import { enPages } from "./enPages.ts"

export const { useWords: usePageWords } = dictionary(enPages, {
  ru: () => import("./ruPages.ts").then(({ ruPages }) => ruPages),
})
