// Owns the export of a user's data as one JSON document, streamed as the client reads it: memory stays constant for any
// size, and an interrupted document has no end, so that it is not mistaken for a complete one. One export per user at a
// time, a few in all.
import { Clock, Context, Effect, Layer, Option, type Scope, Stream } from "effect"
import type { Blobs } from "../blobs/Blobs.ts"
import type { CurrentUser } from "../contract/CurrentUser.ts"
import { NotFound, TooManyRequests, type Unauthorized, Unavailable } from "../domain/errors.ts"
import type { UserId } from "../domain/Ids.ts"
import { timestamp } from "../domain/Timestamp.ts"
import { AuditLog } from "../sql/audit/AuditLog.ts"
import { DirectoryStore } from "../sql/directory/DirectoryStore.ts"
import { ExportStore, noEdit, type OwnChat, type OwnEdit } from "../sql/exports/ExportStore.ts"
import { FileStore } from "../sql/files/FileStore.ts"
import { StateStore } from "../sql/state/StateStore.ts"
import { Accounts } from "./Accounts.ts"
import { Audit, Origin } from "./Audit.ts"
import { Auth } from "./auth/Auth.ts"
import { filesOf, makeArchive } from "./files/archive.ts"
import { RateLimits } from "./limits/RateLimits.ts"

/** In this process. */
const atOnce = 4
/**
 * A client that reads nothing for this long, or needs this long for the whole, is cut off: other users wait for the
 * slot.
 */
const stalledMillis = 30_000
const longestMillis = 30 * 60_000
const longestArchiveMillis = 6 * 60 * 60_000
const watchEvery = "5 seconds"
const page = 200
/** Values may be large. */
const statePage = 50

type Pieces = Stream.Stream<string, Unavailable>

export class Exports extends Context.Service<
  Exports,
  {
    /** Holds the user's slot until the scope ends. `abort` is called when it takes too long. */
    open(
      user: CurrentUser["Service"],
      abort: () => void,
    ): Effect.Effect<Pieces, TooManyRequests | Unauthorized | Unavailable, Scope.Scope>
    /** The same as a tar, with the user's files. */
    openArchive(
      user: CurrentUser["Service"],
      abort: () => void,
    ): Effect.Effect<
      Stream.Stream<Uint8Array, Unavailable>,
      NotFound | TooManyRequests | Unauthorized | Unavailable,
      Scope.Scope
    >
  }
>()("confab/services/Exports") {
  static readonly layer: Layer.Layer<
    Exports,
    never,
    Accounts | Audit | AuditLog | Auth | Blobs | DirectoryStore | RateLimits | ExportStore | FileStore | StateStore
  > = Layer.effect(
    Exports,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const rows = yield* ExportStore
  const state = yield* StateStore
  const directory = yield* DirectoryStore
  const files = yield* FileStore
  const archive = yield* makeArchive
  const auditLog = yield* AuditLog
  const accounts = yield* Accounts
  const auth = yield* Auth
  const audit = yield* Audit
  const limits = yield* RateLimits
  const underWay = new Set<UserId>()

  const place = (user_id: UserId) =>
    Effect.acquireRelease(
      Effect.suspend((): Effect.Effect<void, TooManyRequests | Unavailable> => {
        if (underWay.has(user_id)) return Effect.fail(new TooManyRequests({ retry_after_ms: 5_000 }))
        if (underWay.size >= atOnce) return Effect.fail(new Unavailable({ retry_after_ms: 5_000 }))
        underWay.add(user_id)
        return Effect.void
      }),
      () => Effect.sync(() => underWay.delete(user_id)),
    )

  const ownChats = (user_id: UserId) =>
    Stream.paginate(0, (after: number) =>
      Effect.map(rows.chats(user_id, after, page), (chats) => paged(chats, chats.at(-1)?.chat_id)),
    )

  const messagesIn = (user_id: UserId, chat: OwnChat, isTaken: () => void): Pieces =>
    chat.json === null
      ? Stream.empty
      : Stream.paginate(0, (after: number) =>
          Effect.map(rows.messages(user_id, chat, after), ({ items, next }) => {
            // A page without a message of the user is not sent, but it is progress all the same.
            isTaken()
            return continued([items], next)
          }),
        )

  const ownEdits = (user_id: UserId): Pieces =>
    Stream.paginate(noEdit, (after: Pick<OwnEdit, "message_id" | "version">) =>
      Effect.map(rows.edits(user_id, after, page), (found) => [
        found.map(({ json }) => json),
        Option.fromNullishOr(found.length < page ? undefined : found.at(-1)),
      ]),
    )

  const ownRecords = (user_id: UserId): Pieces =>
    Stream.paginate("", (after: string) =>
      Effect.map(rows.records(user_id, after, page), (found) => [
        found.map(({ json }) => json),
        Option.fromNullOr(found.length < page ? null : (found.at(-1)?.place ?? null)),
      ]),
    )

  const ownState = (user_id: UserId): Pieces =>
    Stream.paginate("", (after: string) =>
      Effect.map(state.page(user_id, { prefix: "", after, limit: statePage }), ({ items }) => [
        items.map(({ key, value }) => `{"key":"${key}","value":${value ?? "null"}}`),
        Option.fromNullishOr(items.length < statePage ? undefined : items.at(-1)?.key),
      ]),
    )

  /** Of bounded number. */
  const found = (user_id: UserId): Pieces =>
    Stream.fromEffect(
      Effect.map(directory.foundBy(user_id), (users) =>
        users.map(({ at, user_id }) => JSON.stringify({ user_id, at: timestamp(at) })).join(","),
      ),
    )

  const ownFiles = (user_id: UserId): Pieces =>
    Stream.map(filesOf(files, user_id), ({ created_at, file }) =>
      JSON.stringify({ ...file, created_at: timestamp(created_at) }),
    )

  const events = (user_id: UserId): Pieces =>
    Stream.paginate(0, (after: number) =>
      Effect.map(auditLog.ofUser(user_id, after, page), (entries) =>
        paged(
          entries.map(({ at, event, session_id, address, user_agent, count }) =>
            JSON.stringify({ at: timestamp(at), event, session_id, address, user_agent, count }),
          ),
          entries.at(-1)?.id,
        ),
      ),
    )

  /** Aborts an export that is no longer read. Returns a function that the reader calls at each progress. */
  const watch = Effect.fnUntraced(function* (abort: () => void, longestMillis: number) {
    const clock = yield* Clock.Clock
    const begun = clock.currentTimeMillisUnsafe()
    let taken = begun
    yield* Effect.gen(function* () {
      for (;;) {
        yield* Effect.sleep(watchEvery)
        const now = clock.currentTimeMillisUnsafe()
        if (now - taken > stalledMillis || now - begun > longestMillis) return abort()
      }
    }).pipe(Effect.forkScoped)
    return () => {
      taken = clock.currentTimeMillisUnsafe()
    }
  })

  /** Holds the user's slot until the scope ends. */
  const begin = Effect.fnUntraced(function* (user_id: UserId, abort: () => void, longestMillis: number) {
    yield* place(user_id)
    yield* limits.demand("exports", user_id)
    return yield* watch(abort, longestMillis)
  })

  const documentOf = Effect.fnUntraced(function* (user: CurrentUser["Service"], isTaken: () => void) {
    const { session_id, user_id } = user
    const profile = yield* accounts.me(user_id)
    const sessions = yield* auth.sessions(user)
    const origin = yield* Origin
    // Recorded at the first read: a HEAD reads nothing.
    const recorded = audit
      .record({ event: "data_exported", user_id, session_id })
      .pipe(Effect.andThen(audit.flush), Effect.provideService(Origin, origin))
    const head = { exported_at: timestamp(yield* Clock.currentTimeMillis), profile, sessions }
    const texts = Stream.map(ownChats(user_id), ({ json }) => json ?? "")
    const messages = Stream.flatMap(ownChats(user_id), (chat) => messagesIn(user_id, chat, isTaken))
    return Stream.fromEffect(Effect.as(recorded, JSON.stringify(head).slice(0, -1))).pipe(
      Stream.concat(list("chats", texts)),
      Stream.concat(list("messages", messages)),
      Stream.concat(list("edits", ownEdits(user_id))),
      Stream.concat(list("records", ownRecords(user_id))),
      Stream.concat(list("state", ownState(user_id))),
      Stream.concat(list("found_users", found(user_id))),
      Stream.concat(list("files", ownFiles(user_id))),
      Stream.concat(list("security_events", events(user_id))),
      Stream.concat(Stream.make("}\n")),
      Stream.tap(() => Effect.sync(isTaken)),
    )
  })

  return Exports.of({
    open: Effect.fn("Exports.open")(function* (user, abort) {
      return yield* documentOf(user, yield* begin(user.user_id, abort, longestMillis))
    }),
    openArchive: Effect.fn("Exports.openArchive")(function* (user, abort) {
      if (!archive.isOn) return yield* new NotFound()
      const isTaken = yield* begin(user.user_id, abort, longestArchiveMillis)
      const pieces = yield* archive.open(user.user_id, yield* documentOf(user, isTaken))
      return Stream.tap(pieces, () => Effect.sync(isTaken))
    }),
  })
})

/** Items, and where the next ones begin, if there are more. */
const continued = <A>(items: ReadonlyArray<A>, next: number | null) => [items, Option.fromNullOr(next)] as const

/** After a full page there may be more. */
const paged = <A>(items: ReadonlyArray<A>, last: number | undefined) =>
  continued(items, items.length < page || last === undefined ? null : last)

/** An array member of the document; each piece has some items, separated by commas, or none. */
const list = (name: string, pieces: Pieces): Pieces =>
  Stream.suspend(() => {
    let isFirst = true
    const separated = Stream.map(
      Stream.filter(pieces, (piece) => piece !== ""),
      (piece) => {
        const text = isFirst ? piece : `,${piece}`
        isFirst = false
        return text
      },
    )
    return Stream.make(`,"${name}":[`).pipe(Stream.concat(separated), Stream.concat(Stream.make("]")))
  })
