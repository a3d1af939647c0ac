// The words of the palette and of the list of shortcuts. They are loaded with them.
import { dictionary } from "./dictionary.ts"
import { enPalette } from "./enPalette.ts"

export const { useWords: usePaletteWords, words: paletteWords } = dictionary(enPalette, {
  ru: () => import("./ruPalette.ts").then(({ ruPalette }) => ruPalette),
})
