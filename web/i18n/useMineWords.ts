// The words of what is one's own. They are loaded with the first window or menu about it.
import { dictionary } from "./dictionary.ts"
import { enMine } from "./enMine.ts"

export const { useWords: useMineWords, words: mineWords } = dictionary(enMine, {
  ru: () => import("./ruMine.ts").then(({ ruMine }) => ruMine),
})
