// Implements users: the own profile and devices, search.
import { Effect } from "effect"
import { accountOperations } from "../../contract/AccountsApi.ts"
import { Limits } from "../../contract/Limits.ts"
import { Accounts } from "../../services/Accounts.ts"
import { Auth } from "../../services/auth/Auth.ts"
import { Directory } from "../../services/Directory.ts"
import { implement } from "./Implementation.ts"

export const implementAccounts = Effect.gen(function* () {
  const accounts = yield* Accounts
  const auth = yield* Auth
  const directory = yield* Directory
  return implement(accountOperations, {
    getMe: (by) => accounts.me(by),
    changeMe: (by, change) => accounts.change(by, change),
    listSessions: (_by, _nothing, user) => auth.sessions(user),
    searchUsers: (by, { ids, limit = Limits.page.default, query = "" }) =>
      ids === undefined ? directory.search(by, query, limit) : directory.byIds(by, ids),
    findUsers: (by, { limit = Limits.page.default, query }) => directory.search(by, query, limit),
    getUsers: (by, { ids }) => directory.byIds(by, ids),
    getUser: (by, { id }) => directory.get(by, id),
  })
})
