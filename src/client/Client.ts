// `@confab-chat/client/effect`, and `confab/client` in this repository: everything for clients of a Confab server, with the
// typed HTTP and RPC clients and the schemas, in Node and in browsers. Contains no server code.
export { Api } from "../contract/Api.ts"
export { ChatRpcs } from "../contract/ChatRpcs.ts"
export { ClientFrame, ClientFrames } from "../contract/ClientFrame.ts"
export { CloseCode } from "../contract/CloseCode.ts"
export { Export } from "../contract/Export.ts"
export { Limits } from "../contract/Limits.ts"
export { ServerFrame, ServerFrames } from "../contract/ServerFrame.ts"
export { Chat, ChatSummary, ChatWithMembers, Member, Role } from "../domain/Chat.ts"
export { isDeletedAccount } from "../domain/deletedAccount.ts"
export * as Problems from "../domain/errors.ts"
export { ChatId, MessageId, SessionId, UserId } from "../domain/Ids.ts"
export { Message } from "../domain/Message.ts"
export type { ProblemTag } from "../domain/ProblemTag.ts"
export { Unread } from "../domain/Unread.ts"
export { Me, User } from "../domain/User.ts"
export type { ChatClient, Delivered, FileToSend, Sending, SignUp, UploadOptions } from "./ChatClient.ts"
export { ChatClientError, type ClientFailure, type ErrorTag } from "./ChatClientError.ts"
export type { ClientOptions, GetToken } from "./ClientOptions.ts"
export { createChatClient } from "./createChatClient.ts"
export { Confab } from "./EffectClient.ts"
export { ConfabHttp, type HttpClientOptions } from "./HttpClient.ts"
export { ConfabRpc, type RpcClientOptions } from "./RpcClient.ts"
export { platformRuntime, type Runtime, type SocketLike } from "./Runtime.ts"
export type * from "./state/ChatState.ts"
export type { UnknownFrame } from "./state/UnknownFrame.ts"
export { browserTokens } from "./storage/BrowserTokens.ts"
export { fileOutbox } from "./storage/FileOutbox.ts"
export { fileTokens } from "./storage/FileTokens.ts"
export { indexedDbOutbox } from "./storage/IndexedDbOutbox.ts"
export {
  memoryOutbox,
  type OutboxStorage,
  type StoredMessage,
  type StoredOutbox,
  type StoredUpload,
} from "./storage/OutboxStorage.ts"
export { memoryTokens, type TokenStorage, type Tokens } from "./storage/TokenStorage.ts"
