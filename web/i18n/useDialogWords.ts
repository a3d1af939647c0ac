// The words of the dialogs. They are loaded with the first of them.
import { dictionary } from "./dictionary.ts"
import { enDialogs } from "./enDialogs.ts"

export const { useWords: useDialogWords } = dictionary(enDialogs, {
  ru: () => import("./ruDialogs.ts").then(({ ruDialogs }) => ruDialogs),
})
