// Finds unkeyed digests of messages' first texts from earlier releases, and replaces them. Does not own the computation
// (actors/memory/OriginalDigests).
import { Context, Effect, Layer } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { MessageId } from "../../domain/Ids.ts"
import { Database } from "../database/Database.ts"
import { number, numbers, texts } from "../database/params.ts"

export interface BareDigest {
  readonly id: MessageId
  readonly digest: string
}

export interface Replacement extends BareDigest {
  readonly keyed: string
}

// A digest that an edit has replaced concurrently stays as it is.
const replaceStatement = `
  update messages m set original_digest = u.keyed
  from unnest($1::float8[], $2::text[], $3::text[]) as u(id, digest, keyed)
  where m.id = u.id::bigint and m.original_digest = u.digest`

export class BareDigests extends Context.Service<
  BareDigests,
  {
    some(limit: number): Effect.Effect<ReadonlyArray<BareDigest>, Unavailable>
    replace(replacements: ReadonlyArray<Replacement>): Effect.Effect<void, Unavailable>
  }
>()("confab/sql/journal/BareDigests") {
  static readonly layer = Layer.effect(
    BareDigests,
    Effect.gen(function* () {
      const { query } = yield* Database
      return BareDigests.of({
        some: Effect.fn("BareDigests.some")((limit) =>
          query<BareDigest>(
            `select id::float8, original_digest as digest from messages where length(original_digest) = 43
             order by messages.id limit $1::bigint`,
            [number(limit)],
          ),
        ),
        replace: Effect.fn("BareDigests.replace")((replacements) =>
          Effect.asVoid(
            query(replaceStatement, [
              numbers(replacements.map(({ id }) => id)),
              texts(replacements.map(({ digest }) => digest)),
              texts(replacements.map(({ keyed }) => keyed)),
            ]),
          ),
        ),
      })
    }),
  )
}
