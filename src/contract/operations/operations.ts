// All declared operations, by name.
import { accountOperations } from "../AccountsApi.ts"
import { chatOperations } from "../ChatsApi.ts"
import { fileOperations } from "../FilesApi.ts"
import { messageOperations } from "../MessagesApi.ts"
import { recordOperations } from "../RecordsApi.ts"
import { stateOperations } from "../StateApi.ts"

/** The groups that are served over RPC too. */
export const rpcOperations = {
  ...accountOperations,
  ...chatOperations,
  ...messageOperations,
  ...recordOperations,
  ...stateOperations,
}

export const operations = { ...rpcOperations, ...fileOperations }
