// Implements lists of files and their deletion.
import { Effect } from "effect"
import { fileOperations } from "../../contract/FilesApi.ts"
import { Limits } from "../../contract/Limits.ts"
import { Files } from "../../services/files/Files.ts"
import { implement } from "./Implementation.ts"

export const implementFiles = Effect.gen(function* () {
  const files = yield* Files
  return implement(fileOperations, {
    listFiles: (by, { before, limit = Limits.page.default }) => files.list(by, { before, limit }),
    deleteFile: (by, { file_id }) => files.remove(by, file_id),
    listChatFiles: (by, { chat_id, limit = Limits.page.default, ...range }) =>
      files.inChat(by, chat_id, { limit, ...range }),
  })
})
