// The InviteStore over the in-memory tables.
import { Effect } from "effect"
import { Tables } from "../memory/Tables.ts"
import { makeUsers } from "../users/memory.ts"
import type { InviteStoreShape } from "./shape.ts"

export const makeInvites = Effect.gen(function* () {
  const { invites } = yield* Tables
  const users = yield* makeUsers
  const good = (code_hash: Uint8Array, now: number) =>
    [...invites.values()].find(
      (invite) =>
        Buffer.compare(invite.code_hash, code_hash) === 0 && invite.expires_at > now && invite.uses < invite.max_uses,
    )
  let lastId = 0

  return {
    create: (invite) =>
      Effect.sync(() => {
        const row = { ...invite, id: ++lastId, uses: 0 }
        invites.set(row.id, row)
        const { code_hash: _, ...shown } = row
        return shown
      }),
    list: Effect.sync(() => [...invites.values()].map(({ code_hash: _, ...invite }) => invite).toReversed()),
    revoke: (id) => Effect.sync(() => invites.delete(id)),
    isGood: (code_hash, now) => Effect.sync(() => good(code_hash, now) !== undefined),
    signUp: Effect.fn("InviteStore.signUp")(function* (code_hash, user) {
      const invite = good(code_hash, user.created_at)
      if (invite === undefined) return undefined
      const me = yield* users.create(user)
      invites.set(invite.id, { ...invite, uses: invite.uses + 1 })
      return me
    }),
  } satisfies InviteStoreShape
})
