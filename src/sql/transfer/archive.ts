// The file of an export: lines of JSON, compressed by Zstandard. The first line is the header; the rows of its tables
// follow in its order, one line each, an array of the columns' values as PostgreSQL writes them as text. If it has the
// bytes of files, each begins with a line that names it, lines of Base64 follow, and a line with their sum ends them. The
// last line has the SHA-256 of all lines before it. Both ends need memory for some lines only.
import { createHash } from "node:crypto"
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from "node:fs"
import { pipeline } from "node:stream/promises"
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib"
import { Effect, Exit, Schema } from "effect"
import { TransferFailed } from "./TransferFailed.ts"

/** Grows when older programs could not read a file any more. */
const withRows = 1
const withFiles = 2

const FileSum = Schema.Struct({ files: Schema.Int, bytes: Schema.Int })

/** A number of files, and their bytes. */
export type FileSum = typeof FileSum.Type

const Header = Schema.Struct({
  confab: Schema.Literal("export"),
  format: Schema.Int,
  /** The version of Confab that wrote it. */
  version: Schema.String,
  /** The migrations of the exported database. */
  migrations: Schema.Array(Schema.String),
  tables: Schema.Array(Schema.Struct({ name: Schema.String, columns: Schema.Array(Schema.String), rows: Schema.Int })),
  /** The last value of each sequence; null: none was taken. */
  sequences: Schema.Array(Schema.Struct({ name: Schema.String, last: Schema.NullOr(Schema.String) })),
  /** The files of the database, if their bytes follow the rows. */
  files: Schema.optionalKey(FileSum),
})

export type Header = typeof Header.Type

export type Row = ReadonlyArray<string | null>

const decodeHeader = Schema.decodeUnknownResult(Header)
const isRow = Schema.is(Schema.Array(Schema.NullOr(Schema.String)))
/** The name is part of a path where the bytes are kept. */
const isFileStart = Schema.is(Schema.Struct({ file: Schema.String.check(Schema.isUUID()), bytes: Schema.Int }))
const isFileSum = Schema.is(FileSum)
const isEnd = Schema.is(Schema.Struct({ sha256: Schema.String }))

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const tried = <A>(message: string, attempt: () => Promise<A>) =>
  Effect.tryPromise({
    try: attempt,
    catch: (cause) => new TransferFailed({ message: `${message}: ${reasonOf(cause)}.` }),
  })

export interface ArchivedFile {
  /** A UUID, the key of `blobs`. */
  readonly id: string
  readonly bytes: number
  readonly chunks: AsyncIterable<Uint8Array>
}

export interface ArchiveWriter {
  header(header: Omit<Header, "confab" | "format">): Effect.Effect<void, TransferFailed>
  rows(rows: ReadonlyArray<ReadonlyArray<unknown>>): Effect.Effect<void, TransferFailed>
  /** After all rows. Returns the number of bytes in the chunks. */
  file(file: ArchivedFile): Effect.Effect<number, TransferFailed>
  /** After the last file. */
  fileSum(sum: FileSum): Effect.Effect<void, TransferFailed>
}

/** Of a file in one line. */
const lineBytes = 65_536

/**
 * Makes the file, readable by this account alone, from what `fill` writes. It has another name until it is whole, and
 * is removed if that fails. Returns its size in bytes.
 */
export const writeArchive = <E, R>(path: string, fill: (writer: ArchiveWriter) => Effect.Effect<void, E, R>) =>
  Effect.gen(function* () {
    const draft = `${path}.part`
    const exists = [path, draft].find((name) => existsSync(name))
    if (exists !== undefined)
      return yield* new TransferFailed({ message: `${exists} exists. Remove it, or name another.` })
    const unwritable = `${path} cannot be written`
    const hash = createHash("sha256")
    const compressed = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } })
    const written = pipeline(compressed, createWriteStream(draft, { flags: "wx", mode: 0o600, flush: true }))
    written.catch(() => {})
    const write = async (values: ReadonlyArray<unknown>) => {
      const text = values.map((value) => `${JSON.stringify(value)}\n`).join("")
      hash.update(text)
      const error = await new Promise((resolve) => compressed.write(text, resolve))
      // The file's error says why, not that of the stream that ended with it.
      if (error)
        throw await written.then(
          () => error,
          (cause) => cause,
        )
    }
    const lines = (values: ReadonlyArray<unknown>) => tried(unwritable, () => write(values))
    const file = ({ bytes, chunks, id }: ArchivedFile) =>
      tried(`The bytes of the file ${id} cannot be exported`, async () => {
        await write([{ file: id, bytes }])
        let written = 0
        // Lines of one length, whatever the chunks are, so that equal files are equal here.
        let rest: Uint8Array = new Uint8Array()
        for await (const chunk of chunks) {
          written += chunk.length
          rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
          for (; rest.length >= lineBytes; rest = rest.subarray(lineBytes)) {
            await write([Buffer.from(rest.subarray(0, lineBytes)).toString("base64")])
          }
        }
        if (rest.length > 0) await write([Buffer.from(rest).toString("base64")])
        return written
      })
    const writer: ArchiveWriter = {
      header: (header) =>
        lines([{ confab: "export", format: header.files === undefined ? withRows : withFiles, ...header }]),
      rows: lines,
      file,
      fileSum: (sum) => lines([sum]),
    }
    yield* fill(writer).pipe(
      Effect.andThen(Effect.suspend(() => lines([{ sha256: hash.copy().digest("hex") }]))),
      Effect.andThen(Effect.sync(() => compressed.end())),
      Effect.andThen(tried(unwritable, () => written)),
      Effect.andThen(
        Effect.try({
          try: () => renameSync(draft, path),
          catch: (cause) => new TransferFailed({ message: `${unwritable}: ${reasonOf(cause)}.` }),
        }),
      ),
      Effect.onExit((exit) =>
        Exit.isSuccess(exit)
          ? Effect.void
          : Effect.promise(async () => {
              compressed.destroy()
              await written.catch(() => {})
              rmSync(draft, { force: true })
            }),
      ),
    )
    return statSync(path).size
  })

/** A line may have this many bytes: more than any row, and less than memory. */
const longestLine = 64 * 1_048_576

const newline = 0x0a

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Array<Buffer> = []
  let size = 0
  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      const end = chunk.subarray(from, at + 1)
      yield rest.length === 0 ? end : Buffer.concat([...rest, end])
      rest = []
      size = 0
      from = at + 1
    }
    if (from === chunk.length) continue
    rest.push(chunk.subarray(from))
    size += chunk.length - from
    if (size > longestLine) throw new Error("a line is too long")
  }
  if (rest.length > 0) throw new Error("its last line is cut off")
}

/** Rows and bytes of a batch, at most (one row more, if it is larger). */
const batchRows = 2_000
const batchBytes = 1_048_576

export interface ArchiveReader {
  readonly header: Header
  /** Up to `limit` of the next rows; none only when `limit` is 0. */
  rows(limit: number): Effect.Effect<ReadonlyArray<Row>, TransferFailed>
  /** The next file, whose chunks the caller reads to their end, or the sum after the last one. */
  readonly nextFile: Effect.Effect<ArchivedFile | FileSum, TransferFailed>
  /** Fails with the reason if the chunks of a file broke off. */
  readonly isWhole: Effect.Effect<void, TransferFailed>
  /** Fails unless the file ends here, and is what was written. */
  readonly end: Effect.Effect<void, TransferFailed>
}

/** Opens a file for one reading from its beginning, until the scope ends. */
export const readArchive = Effect.fnUntraced(function* (path: string) {
  const damaged = (reason: string) =>
    new TransferFailed({ message: `${path} is not a complete Confab export: ${reason}.` })
  const source = createReadStream(path)
  const decompressed = createZstdDecompress()
  // The reader of the lines gets the error.
  const piped = pipeline(source, decompressed).catch(() => {})
  yield* Effect.addFinalizer(() =>
    Effect.promise(async () => {
      source.destroy()
      decompressed.destroy()
      await piped
    }),
  )
  const lines = linesOf(decompressed)
  const hash = createHash("sha256")
  const unreadable = (cause: unknown) =>
    cause instanceof Error && "syscall" in cause
      ? new TransferFailed({ message: `${path} cannot be read: ${cause.message}.` })
      : damaged(reasonOf(cause))
  const next = async (): Promise<Buffer> => {
    const { done, value } = await lines.next()
    if (done === true) throw new Error("its end is missing")
    return value
  }
  const attempt = <A>(read: () => Promise<A>) => Effect.tryPromise({ try: read, catch: unreadable })
  const parsed = (line: Buffer): unknown => {
    try {
      return JSON.parse(line.toString("utf8"))
    } catch {
      throw new Error("a line is not JSON")
    }
  }

  const take = async (): Promise<unknown> => {
    const line = await next()
    hash.update(line)
    return parsed(line)
  }
  /** The line that ended the chunks of the last file. */
  let ended: unknown
  let broken: { readonly error: unknown } | undefined
  async function* chunksOf(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const value = await take().catch((error) => {
        broken = { error }
        throw error
      })
      if (typeof value !== "string") {
        ended = value
        return
      }
      yield Buffer.from(value, "base64")
    }
  }

  const first = yield* attempt(take)
  const header = decodeHeader(first)
  if (header._tag === "Failure") return yield* damaged("its header is malformed")
  if (header.success.format !== withRows && header.success.format !== withFiles) {
    return yield* new TransferFailed({
      message: `${path} has the format ${header.success.format}, and this Confab reads ${withRows} and ${withFiles}. It was written by Confab ${header.success.version}: use that one.`,
    })
  }
  return {
    header: header.success,
    rows: (limit) =>
      attempt(async () => {
        const rows: Array<Row> = []
        for (let bytes = 0; rows.length < Math.min(limit, batchRows) && bytes < batchBytes; ) {
          const line = await next()
          hash.update(line)
          bytes += line.length
          const row = parsed(line)
          if (!isRow(row)) throw new Error("a row is malformed")
          rows.push(row)
        }
        return rows
      }),
    nextFile: attempt(async () => {
      const value = ended ?? (await take())
      ended = undefined
      if (isFileSum(value)) return value
      if (!isFileStart(value)) throw new Error("a file is malformed")
      return { id: value.file, bytes: value.bytes, chunks: chunksOf() }
    }),
    isWhole: attempt(async () => {
      if (broken !== undefined) throw broken.error
    }),
    end: attempt(async () => {
      const end = parsed(await next())
      if (!isEnd(end)) throw new Error("it has more rows than its header counts")
      if (end.sha256 !== hash.digest("hex")) throw new Error("its checksum is wrong")
      if ((await lines.next()).done !== true) throw new Error("something follows its end")
    }),
  } satisfies ArchiveReader
})
