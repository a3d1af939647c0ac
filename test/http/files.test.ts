// Files over HTTP: upload, download, links, lists.
import { execFileSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { request as nodeRequest } from "node:http"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import sharp from "sharp"
import { vi } from "vitest"
import type { FileSettings } from "../../src/config/fileSettings.ts"
import { NotAPicture } from "../../src/domain/errors.ts"
import { wanted } from "../../src/http/files/conditions.ts"
import { disposition } from "../../src/http/files/fileAnswer.ts"
import { HttpEdge } from "../../src/http/server/EdgeServer.ts"
import { Pictures } from "../../src/pictures/Pictures.ts"
import { attachmentKey, Tables } from "../../src/sql/memory/Tables.ts"
import { layer as http, port, send, somebody } from "../support/http.ts"

const mib = 1_048_576

const withFiles = (settings: Partial<Extract<FileSettings, { _tag: "Directory" }>> = {}) => {
  const directory = mkdtempSync(join(tmpdir(), "confab-files-"))
  const files = {
    _tag: "Directory",
    directory,
    isChosen: true,
    maxBytes: 2 * mib,
    quotaBytes: 3 * mib,
    scanner: undefined,
    ...settings,
  } as const
  const cleaned = Layer.effectDiscard(
    Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))),
  )
  return { directory, layer: http({ files, uploadsPerUser: 2 }).pipe(Layer.provideMerge(cleaned)) }
}

const text = Buffer.from("Hello, files!")

type Person = Effect.Success<typeof somebody>

const upload = (user: Person, raw: Uint8Array | string, query = "") => user.send("POST", `/files${query}`, { raw })

/** The bytes as they are, which `send` reads as text. */
const download = (path: string, headers: Record<string, string>) =>
  Effect.flatMap(port, (port) =>
    Effect.promise(
      () =>
        new Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }>((resolve, reject) => {
          const request = nodeRequest({ port, host: "127.0.0.1", path, headers, agent: false }, (response) => {
            const chunks: Array<Buffer> = []
            response.on("data", (chunk: Buffer) => chunks.push(chunk))
            response.on("end", () =>
              resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) }),
            )
          })
          request.on("error", reject)
          request.end()
        }),
    ),
  )

const bearer = ({ token }: Person) => ({ authorization: `Bearer ${token}` })

const files = withFiles()
/** All files on the disk, those of uploads under way apart. */
const onDisk = () => {
  const names = readdirSync(files.directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return {
    stored: names.filter(({ parentPath }) => !parentPath.endsWith("tmp")).length,
    underWay: names.filter(({ parentPath }) => parentPath.endsWith("tmp")).length,
  }
}

const jpeg = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "teal" } }).jpeg()

layer(files.layer, { excludeTestServices: true, timeout: 120_000 })("Files over HTTP", (it) => {
  it.effect("come back byte for byte, with what they are and not what was claimed", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const sent = yield* upload(me, text, "?name=%D0%BE%D1%82%D1%87%D1%91%D1%82.html")
      assert.strictEqual(sent.status, 201, sent.text)
      const { id, ...rest } = sent.body
      assert.deepStrictEqual(rest, {
        kind: "file",
        name: "отчёт.html",
        type: "application/octet-stream",
        size: text.length,
      })
      assert.strictEqual(sent.headers.location, `/files/${id}`)
      const got = yield* download(`/files/${id}`, bearer(me))
      assert.deepStrictEqual([got.status, got.bytes.toString()], [200, text.toString()])
      assert.include(got.headers, {
        "content-type": "application/octet-stream",
        "content-length": String(text.length),
        "content-disposition":
          "attachment; filename=\"_____.html\"; filename*=UTF-8''%D0%BE%D1%82%D1%87%D1%91%D1%82.html",
        "cache-control": "private, max-age=31536000, immutable",
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
      })
      assert.match(String(got.headers["content-security-policy"]), /^default-src 'none';.* sandbox$/)
      assert.match(String(got.headers.etag), /^"[\w-]+"$/)
      const head = yield* me.send("HEAD", `/files/${id}`)
      assert.deepStrictEqual([head.status, head.text, head.headers["content-length"]], [200, "", String(text.length)])
      assert.strictEqual((yield* upload(me, text)).body.name, "file")
      assert.strictEqual((yield* me.send("GET", `/files/${id}/thumb`)).body._tag, "FileNotFound")
    }),
  )

  it.effect("are seen by their owner alone, and by members of a chat that has them", () =>
    Effect.gen(function* () {
      const [me, friend, stranger] = [yield* somebody, yield* somebody, yield* somebody]
      const { id } = (yield* upload(me, text)).body
      for (const path of [`/files/${id}`, `/files/${id}/thumb`, "/files/999999"]) {
        assert.deepStrictEqual((yield* friend.send("GET", path)).body._tag, "FileNotFound", path)
      }
      assert.strictEqual((yield* friend.send("DELETE", `/files/${id}`)).body._tag, "FileNotFound")
      assert.strictEqual((yield* friend.send("POST", `/files/${id}/link`)).body._tag, "FileNotFound")
      assert.strictEqual((yield* send("GET", `/files/${id}`)).status, 401)
      assert.strictEqual((yield* me.send("GET", "/files/0")).status, 404)
      const chat = yield* me.send("POST", "/chats", { json: { type: "group", name: "A", member_ids: [friend.id] } })
      const chat_id = chat.body.id
      yield* me.send("POST", `/chats/${chat_id}/messages`, { json: { text: "See" } })
      const { attachments } = yield* Tables
      const row = { chat_id, seq: 1, place: 0, file_id: id, kind: "file" as const }
      attachments.set(attachmentKey(row), row)
      assert.strictEqual((yield* friend.send("GET", `/files/${id}`)).text, text.toString())
      assert.strictEqual((yield* stranger.send("GET", `/files/${id}`)).status, 404)
      const listed = yield* friend.send("GET", `/chats/${chat_id}/files?kind=file&limit=5`)
      assert.strictEqual(listed.body.items[0].file.id, id)
      assert.isFalse(listed.body.has_more)
      assert.deepStrictEqual((yield* friend.send("GET", `/chats/${chat_id}/files?kind=photo`)).body.items, [])
      assert.strictEqual((yield* stranger.send("GET", `/chats/${chat_id}/files`)).body._tag, "ChatNotFound")
      assert.strictEqual((yield* me.send("DELETE", `/files/${id}`)).body._tag, "FileInUse")
      yield* me.send("DELETE", `/chats/${chat_id}/members/${friend.id}`)
      assert.strictEqual((yield* friend.send("GET", `/files/${id}`)).status, 404)
    }),
  )

  it.effect("are photos without their metadata, upright and no larger than they need be, with a thumb", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const exif = { IFD0: { Copyright: "SECRET PLACE" } }
      const bytes = yield* Effect.promise(() =>
        jpeg(3000, 1500).withExif(exif).withMetadata({ orientation: 6, exif }).toBuffer(),
      )
      assert.include(bytes.toString("latin1"), "SECRET PLACE")
      const { body, status } = yield* upload(me, bytes, "?name=sea.jpg")
      assert.strictEqual(status, 201)
      assert.deepInclude(body, { kind: "photo", type: "image/jpeg", width: 1280, height: 2560, name: "sea.jpg" })
      assert.match(body.thumbhash, /^[A-Za-z0-9+/]{20,40}=*$/)
      const got = yield* download(`/files/${body.id}`, bearer(me))
      assert.strictEqual(got.bytes.length, body.size)
      assert.notInclude(got.bytes.toString("latin1"), "SECRET")
      assert.include(got.headers, { "content-type": "image/jpeg", "content-disposition": 'inline; filename="sea.jpg"' })
      const thumb = yield* download(`/files/${body.id}/thumb`, bearer(me))
      assert.strictEqual(thumb.headers["content-type"], "image/webp")
      assert.notStrictEqual(thumb.headers.etag, got.headers.etag)
      const { format, height, width } = yield* Effect.promise(() => sharp(thumb.bytes).metadata())
      assert.deepStrictEqual({ format, height, width }, { format: "webp", height: 320, width: 160 })
      const small = yield* upload(me, yield* Effect.promise(() => jpeg(40, 20).toBuffer()), "?as=photo")
      const smallThumb = yield* download(`/files/${small.body.id}/thumb`, bearer(me))
      assert.strictEqual((yield* Effect.promise(() => sharp(smallThumb.bytes).metadata())).width, 40)
      const kept = yield* upload(me, bytes, "?as=file")
      assert.deepInclude(kept.body, { kind: "file", type: "image/jpeg", size: bytes.length })
      assert.notProperty(kept.body, "width")
      assert.isTrue((yield* download(`/files/${kept.body.id}`, bearer(me))).bytes.equals(bytes))
    }),
  )

  it.effect("keep the frames of animations, and turn AVIF into what every browser shows", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const frames = yield* Effect.promise(async () => {
        const raw = Buffer.concat([Buffer.alloc(30 * 20 * 4, 10), Buffer.alloc(30 * 20 * 4, 200)])
        return await sharp(raw, { raw: { width: 30, height: 40, channels: 4, pageHeight: 20 } })
          .gif()
          .toBuffer()
      })
      const gif = yield* upload(me, frames)
      assert.deepInclude(gif.body, { kind: "photo", type: "image/gif", width: 30, height: 20 })
      const { bytes } = yield* download(`/files/${gif.body.id}`, bearer(me))
      assert.strictEqual((yield* Effect.promise(() => sharp(bytes).metadata())).pages, 2)
      const avif = yield* Effect.promise(() => jpeg(16, 16).avif().toBuffer())
      assert.deepInclude((yield* upload(me, avif)).body, { kind: "photo", type: "image/jpeg", width: 16 })
    }),
  )

  it.effect("are no photos where no picture can be read: bombs, lies, cut ones, pictures of other kinds", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const whole = yield* Effect.promise(() => jpeg(600, 400).toBuffer())
      const bomb = yield* Effect.promise(() =>
        sharp({ create: { width: 9000, height: 9000, channels: 3, background: "red" }, limitInputPixels: false })
          .png({ compressionLevel: 9 })
          .toBuffer(),
      )
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
      const cases: ReadonlyArray<readonly [string, string | Uint8Array, string]> = [
        ["a bomb", bomb, "image/png"],
        ["cut", whole.subarray(0, whole.length / 2), "image/jpeg"],
        ["a lie", Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from("<script>")]), "image/jpeg"],
        ["SVG", svg, "application/octet-stream"],
        ["text", "no picture", "application/octet-stream"],
        ["a GIF that is a page", "GIF89a/*<html><script>alert(1)</script>*/=1", "image/gif"],
      ]
      for (const [name, bytes, type] of cases) {
        const before = onDisk()
        const refused = yield* upload(me, bytes, "?as=photo")
        assert.deepStrictEqual([name, refused.status, refused.body._tag], [name, 422, "NotAPicture"])
        assert.deepStrictEqual(onDisk(), before, name)
        const kept = yield* upload(me, bytes)
        assert.deepInclude(kept.body, { kind: "file", type }, name)
        yield* me.send("DELETE", `/files/${kept.body.id}`)
      }
      // What follows a picture in its file is not in the photo.
      const polyglot = Buffer.concat([whole, Buffer.from("<script>alert('SECRET')</script>")])
      const photo = yield* upload(me, polyglot, "?as=photo")
      assert.strictEqual(photo.status, 201)
      const { bytes } = yield* download(`/files/${photo.body.id}`, bearer(me))
      assert.notInclude(bytes.toString("latin1"), "SECRET")
    }),
  )

  it.effect("are refused, however they are sent, when their reader ends over them", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const bytes = yield* Effect.promise(() => jpeg(60, 40).toBuffer())
      const before = onDisk()
      const make = vi.spyOn(yield* Pictures, "make").mockReturnValue(Effect.fail(new NotAPicture()))
      for (const query of ["", "?as=photo"]) {
        const { status, body } = yield* upload(me, bytes, query)
        assert.deepStrictEqual([query, status, body._tag], [query, 422, "NotAPicture"])
      }
      make.mockRestore()
      assert.deepStrictEqual(onDisk(), before)
    }),
  )

  it.effect("are voices and other media with what the client says of them", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const wave = Buffer.alloc(64, 9).toString("base64")
      const ogg = Buffer.concat([Buffer.from("OggS\0\x02"), Buffer.alloc(60), Buffer.from("OpusHead")])
      const query = `duration_ms=1500&waveform=${encodeURIComponent(wave)}`
      assert.deepInclude((yield* upload(me, ogg, `?as=voice&${query}`)).body, {
        kind: "voice",
        type: "audio/ogg",
        duration_ms: 1500,
        waveform: wave,
      })
      assert.deepInclude((yield* upload(me, ogg, `?${query}`)).body, { kind: "audio", duration_ms: 1500 })
      const plain = (yield* upload(me, "words", `?as=voice&${query}`)).body
      assert.deepInclude(plain, { kind: "file" })
      assert.notProperty(plain, "duration_ms")
      const mp4 = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypisom\0\0\x02\0isommp42")])
      assert.deepInclude((yield* upload(me, mp4)).body, { kind: "video", type: "video/mp4" })
    }),
  )

  it.effect("are refused where they are too large, empty, of unknown size or badly named", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const before = onDisk()
      const empty = yield* upload(me, "")
      assert.deepStrictEqual([empty.status, empty.body._tag], [400, "InvalidInput"])
      const chunked = yield* me.send("POST", "/files", { headers: { "transfer-encoding": "chunked" } })
      assert.deepStrictEqual([chunked.status, chunked.body._tag], [411, "LengthRequired"])
      const encoded = yield* me.send("POST", "/files", { raw: gzipSync("a"), headers: { "content-encoding": "gzip" } })
      assert.deepStrictEqual([encoded.status, encoded.body._tag], [415, "UnsupportedMediaType"])
      const large = yield* me
        .send("POST", "/files", { headers: { "content-length": 2 * mib + 1 }, raw: "" })
        .pipe(Effect.timeoutOption("2 seconds"))
      assert.strictEqual(large._tag, "Some")
      if (large._tag === "Some") {
        assert.deepInclude(large.value.body, { status: 413, _tag: "FileTooLarge", max_bytes: 2 * mib })
      }
      for (const query of [
        "name=a%2Fb",
        "name=a%5Cb",
        "name=%0A",
        "name=",
        "as=picture",
        "duration_ms=-1",
        "waveform=AAA",
        "duration_ms=1e3",
        "name=%ff",
      ]) {
        assert.strictEqual((yield* upload(me, "abc", `?${query}`)).status, 400, query)
      }
      assert.strictEqual((yield* send("POST", "/files", { raw: "abc" })).status, 401)
      assert.strictEqual((yield* me.send("PUT", "/files", { raw: "abc" })).headers.allow, "POST, OPTIONS")
      assert.deepStrictEqual(onDisk(), before)
    }),
  )

  it.effect("take space until they are deleted, and no more than there is", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const one = Buffer.alloc(1.4 * mib, 1)
      const [first, second] = [yield* upload(me, one), yield* upload(me, one)]
      const full = yield* upload(me, one)
      assert.deepInclude(full.body, {
        status: 409,
        _tag: "QuotaExceeded",
        used_bytes: 2 * one.length,
        quota_bytes: 3 * mib,
      })
      const page = yield* me.send("GET", "/me/files?limit=1")
      assert.deepInclude(page.body, { next: second.body.id, used_bytes: 2 * one.length, quota_bytes: 3 * mib })
      assert.deepStrictEqual(page.body.items, [second.body])
      const rest = yield* me.send("GET", `/me/files?before=${page.body.next}`)
      assert.deepStrictEqual([rest.body.items, rest.body.next], [[first.body], null])
      assert.strictEqual((yield* me.send("DELETE", `/files/${first.body.id}`)).status, 204)
      assert.strictEqual((yield* me.send("GET", `/files/${first.body.id}`)).status, 404)
      assert.strictEqual((yield* me.send("GET", "/me/files")).body.used_bytes, one.length)
      assert.strictEqual((yield* upload(me, one)).status, 201)
    }),
  )

  it.effect("are stored once where their bytes are the same, which nobody can tell", () =>
    Effect.gen(function* () {
      const [me, other] = [yield* somebody, yield* somebody]
      const bytes = Buffer.from(`the same ${Math.random()}`)
      const mine = yield* upload(me, bytes)
      const before = onDisk()
      const theirs = yield* upload(other, bytes)
      assert.deepStrictEqual(onDisk(), before)
      const tags = [
        yield* me.send("HEAD", `/files/${mine.body.id}`),
        yield* other.send("HEAD", `/files/${theirs.body.id}`),
      ]
      assert.notStrictEqual(tags[0]?.headers.etag, tags[1]?.headers.etag)
      yield* me.send("DELETE", `/files/${mine.body.id}`)
      assert.strictEqual((yield* other.send("GET", `/files/${theirs.body.id}`)).text, bytes.toString())
    }),
  )

  it.effect("are sent in parts and only where they are not there already", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const { id } = (yield* upload(me, text)).body
      const get = (headers: Record<string, string>) =>
        me.send("GET", `/files/${id}`, { headers: { ...bearer(me), ...headers } })
      const { etag = "" } = (yield* get({})).headers
      const part = yield* get({ range: "bytes=7-" })
      assert.deepStrictEqual(
        [part.status, part.text, part.headers["content-range"], part.headers["content-length"], part.headers.etag],
        [206, "files!", `bytes 7-12/13`, "6", etag],
      )
      assert.strictEqual((yield* get({ range: "bytes=-6" })).text, "files!")
      assert.strictEqual((yield* get({ range: "bytes=0-4", "if-range": etag })).text, "Hello")
      assert.strictEqual((yield* get({ range: "bytes=0-4", "if-range": '"other"' })).status, 200)
      const beyond = yield* get({ range: "bytes=13-" })
      assert.deepStrictEqual(
        [beyond.status, beyond.body._tag, beyond.headers["content-range"]],
        [416, "RangeNotSatisfiable", "bytes */13"],
      )
      const known = yield* get({ "if-none-match": etag })
      assert.deepStrictEqual([known.status, known.text, known.headers.etag], [304, "", etag])
      assert.include(known.headers, { "cache-control": "private, max-age=31536000, immutable" })
      assert.strictEqual((yield* get({ "if-match": '"other"' })).body._tag, "PreconditionFailed")
      const head = (headers: Record<string, string>) =>
        me.send("HEAD", `/files/${id}`, { headers: { ...bearer(me), ...headers } })
      const whole = yield* head({ range: "bytes=7-" })
      assert.deepStrictEqual([whole.status, whole.headers["content-length"]], [200, "13"])
      assert.isUndefined(whole.headers["content-range"])
      assert.strictEqual((yield* head({ "if-none-match": etag })).status, 304)
      assert.strictEqual((yield* head({ "if-match": '"other"' })).status, 412)
      // Section 13.2.1: conditions count only for what would succeed without them.
      const stranger = yield* somebody
      for (const condition of [{ "if-none-match": "*" }, { "if-match": '"other"' }, { range: "bytes=13-" }]) {
        const hidden = yield* stranger.send("GET", `/files/${id}`, { headers: { ...bearer(stranger), ...condition } })
        assert.strictEqual(hidden.status, 404)
      }
    }),
  )

  it.effect("are opened by a link for an hour, without a token and with what its maker may see", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const { id } = (yield* upload(me, text)).body
      const made = yield* me.send("POST", `/files/${id}/link`)
      assert.strictEqual(made.status, 200)
      const url = new URL(made.body.url)
      assert.strictEqual(url.origin, `http://127.0.0.1:${yield* port}`)
      const path = url.pathname + url.search
      assert.deepStrictEqual(
        [(yield* send("GET", path)).status, (yield* send("GET", path)).text],
        [200, text.toString()],
      )
      const other = (yield* upload(me, "other")).body.id
      for (const changed of [
        path.replace(`/files/${id}`, `/files/${other}`),
        path.replace(/by=\d+/, `by=${me.id + 1}`),
        path.replace(/expires=\d/, "expires=9"),
        path.replace(/signature=../, "signature=AA"),
        path.replace(/&signature.*/, ""),
      ]) {
        assert.strictEqual((yield* send("GET", changed)).status, 401, changed)
      }
      // A link opens a file and nothing else.
      assert.strictEqual((yield* send("DELETE", path)).status, 401)
      yield* me.send("DELETE", `/files/${id}`)
      assert.strictEqual((yield* send("GET", path)).status, 404)
    }),
  )

  it.effect("leave nothing behind when the sender goes away, and then take no place", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const before = onDisk()
      const at = yield* port
      const begin = Effect.promise(async () => {
        const socket = connect(at, "127.0.0.1")
        await once(socket, "connect")
        socket.write(
          `POST /files HTTP/1.1\r\nHost: 127.0.0.1:${at}\r\nAuthorization: Bearer ${me.token}\r\nContent-Length: 100000\r\n\r\n${"x".repeat(5000)}`,
        )
        return socket
      })
      const until = (isIt: () => boolean) =>
        Effect.gen(function* () {
          while (!isIt()) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        })
      const sockets = [yield* begin, yield* begin]
      yield* until(() => onDisk().underWay === 2)
      const third = yield* upload(me, text)
      assert.deepStrictEqual([third.status, third.body._tag], [429, "TooManyRequests"])
      assert.isAtLeast(Number(third.headers["retry-after"]), 1)
      for (const socket of sockets) socket.destroy()
      yield* until(() => onDisk().underWay === 0)
      assert.deepStrictEqual(onDisk(), before)
      let status = 0
      while (status !== 201) status = (yield* upload(me, text)).status
    }),
  )

  it.effect("are in the export: what they are, and with files=true the files themselves", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const long = `${"\u00e9".repeat(120)}.txt`
      const sent = [
        [text, "a.txt"],
        [Buffer.alloc(70_000, 3), long],
        ["up", ".."],
        ["gone", "gone.txt"],
      ] as const
      const items: Array<{ readonly id: number; readonly name: string }> = []
      for (const [bytes, name] of sent) {
        items.push((yield* upload(me, bytes, `?name=${encodeURIComponent(name)}`)).body)
      }
      const { files: rows } = yield* Tables
      const { blob } = [...rows.values()].find(({ name }) => name === "gone.txt")!
      rmSync(join(files.directory, blob.slice(0, 2), blob))
      const { body } = yield* me.send("GET", "/me/export")
      assert.deepStrictEqual(
        body.files.map(({ created_at: _, ...file }: { created_at: string }) => file),
        items.toReversed(),
      )
      const got = yield* download("/me/export?files=true", bearer(me))
      assert.deepInclude(got.headers, {
        "content-type": "application/x-tar",
        "content-disposition": 'attachment; filename="confab-export.tar"',
      })
      const directory = mkdtempSync(join(tmpdir(), "confab-tar-"))
      execFileSync("tar", ["-xf", "-", "-C", directory], { input: got.bytes })
      const read = (name: string) => readFileSync(join(directory, name))
      assert.deepStrictEqual(
        JSON.parse(read("confab-export.json").toString()).files.map(({ id }: { id: number }) => id),
        items.map(({ id }) => id).toReversed(),
      )
      const [a, b, c] = items.map(({ id, name }) => `${id}-${name}`)
      assert.sameMembers(readdirSync(join(directory, "files")), [a, b, c])
      assert.isTrue(read(`files/${a}`).equals(text))
      assert.isTrue(read(`files/${b}`).equals(Buffer.alloc(70_000, 3)))
      assert.strictEqual(read(`files/${c}`).toString(), "up")
      rmSync(directory, { recursive: true })
      // The server deletes what it wrote for this when the answer is sent, which its reader may see first.
      while (onDisk().underWay > 0) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }),
  )

  it.effect("answers 404 for a row whose bytes are missing, and stores them anew when they come again", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const { files: rows } = yield* Tables
      const bytes = `lost ${Math.random()}`
      const { id } = (yield* upload(me, bytes)).body
      const { blob } = rows.get(id)!
      rmSync(join(files.directory, blob.slice(0, 2), blob))
      assert.deepStrictEqual((yield* me.send("GET", `/files/${id}`)).body._tag, "FileNotFound")
      const again = (yield* upload(me, bytes)).body
      assert.strictEqual((yield* me.send("GET", `/files/${again.id}`)).text, bytes)
    }),
  )
})

layer(http({ files: { _tag: "Off", reason: "FILES" } }), { excludeTestServices: true })("Without files", (it) => {
  it.effect("every route of files is 404", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const chat = yield* me.send("POST", "/chats", { json: { type: "saved" } })
      const calls = [
        ["POST", "/files"],
        ["GET", "/files/1"],
        ["GET", "/files/1/thumb"],
        ["POST", "/files/1/link"],
        ["GET", "/me/files"],
        ["GET", "/me/export?files=true"],
        ["DELETE", "/files/1"],
        ["GET", `/chats/${chat.body.id}/files`],
      ] as const
      for (const [method, path] of calls) {
        const answer = yield* me.send(method, path, method === "POST" ? { raw: "abc" } : {})
        assert.deepStrictEqual([path, answer.status, answer.body._tag], [path, 404, "NotFound"])
      }
    }),
  )
})

const silent = withFiles()

layer(silent.layer)("An upload that stands still", (it) => {
  it.effect("is cut off after 20 seconds, and not before; one that goes on is not", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const at = yield* port
      const edge = yield* HttpEdge
      const socket = connect(at, "127.0.0.1")
      yield* Effect.promise(() => once(socket, "connect"))
      let answered = ""
      socket.on("data", (bytes) => {
        answered += bytes.toString()
      })
      const closed = once(socket, "close")
      const size = 30_000
      socket.write(
        `POST /files HTTP/1.1\r\nHost: 127.0.0.1:${at}\r\nAuthorization: Bearer ${me.token}\r\nContent-Length: ${size}\r\n\r\n`,
      )
      const underWay = () => {
        const [name] = readdirSync(join(silent.directory, "tmp"))
        return name === undefined ? -1 : statSync(join(silent.directory, "tmp", name)).size
      }
      const until = (isIt: () => boolean) =>
        Effect.gen(function* () {
          while (!isIt()) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        })
      // A slow sender: a minute for the first part of it, which no other request may take.
      for (let sent = 0; sent < 5; sent++) {
        socket.write("x".repeat(1000))
        yield* until(() => underWay() === 1000 * (sent + 1))
        yield* TestClock.adjust("15 seconds")
        edge.endSlow(performance.now() + sent * 60_000)
      }
      assert.strictEqual(answered, "")
      yield* TestClock.adjust("10 seconds")
      yield* Effect.promise(() => closed)
      assert.match(answered, /^HTTP\/1.1 408 /)
      assert.include(answered, '"_tag":"RequestTimeout"')
      yield* until(() => readdirSync(join(silent.directory, "tmp")).length === 0)
    }),
  )
})

describe("The part of a file that is wanted", () => {
  const file = { size: 10, tag: '"a"' }
  const of = (headers: Record<string, string>, method = "GET") => {
    const found = wanted(method, headers, file)
    return found._tag === "Part" ? `${found.range.first}-${found.range.last}` : found._tag
  }

  it("is a range as RFC 9110 has it, and else the whole", () => {
    const ranges: Record<string, string> = {
      "bytes=0-0": "0-0",
      "bytes=0-": "0-9",
      "bytes=3-5": "3-5",
      "bytes=3-99": "3-9",
      "bytes=-3": "7-9",
      "bytes=-99": "0-9",
      "BYTES=1-2": "1-2",
      "bytes= 1-2": "1-2",
      "bytes=9-9": "9-9",
      "bytes=10-": "Unsatisfiable",
      "bytes=10-11": "Unsatisfiable",
      "bytes=-0": "Unsatisfiable",
      "bytes=99999999999999999999-": "Unsatisfiable",
      "bytes=5-3": "Whole",
      "bytes=": "Whole",
      "bytes=-": "Whole",
      "bytes=a-b": "Whole",
      "bytes=0-1,3-4": "Whole",
      "bytes=0-1;": "Whole",
      "bytes=0-0,-1": "Whole",
      "bytes=0-99999999999999999999": "0-9",
      "bytes=-99999999999999999999": "0-9",
      "bytes=--1": "Whole",
      "bytes=+0-1": "Whole",
      "bytes=0 - 1": "Whole",
      "items=0-1": "Whole",
      "0-1": "Whole",
    }
    for (const [range, expected] of Object.entries(ranges)) assert.strictEqual(of({ range }), expected, range)
    assert.strictEqual(of({ range: "bytes=0-1" }, "HEAD"), "Whole")
  })

  it("depends on the conditions, in their order", () => {
    const range = "bytes=0-1"
    assert.strictEqual(of({ "if-match": '"b"' }), "PreconditionFailed")
    assert.strictEqual(of({ "if-match": 'W/"a"' }), "PreconditionFailed")
    assert.strictEqual(of({ "if-match": '"b", "a"' }), "Whole")
    assert.strictEqual(of({ "if-match": "*" }), "Whole")
    assert.strictEqual(of({ "if-none-match": '"a"', range }), "NotModified")
    assert.strictEqual(of({ "if-none-match": 'W/"a"' }, "HEAD"), "NotModified")
    assert.strictEqual(of({ "if-none-match": "*" }), "NotModified")
    assert.strictEqual(of({ "if-none-match": '"b", W/"c"', range }), "0-1")
    assert.strictEqual(of({ "if-match": '"b"', "if-none-match": '"a"' }), "PreconditionFailed")
    assert.strictEqual(of({ "if-range": '"a"', range }), "0-1")
    assert.strictEqual(of({ "if-range": 'W/"a"', range }), "Whole")
    assert.strictEqual(of({ "if-range": "Sat, 28 Nov 2026 10:00:00 GMT", range }), "Whole")
    assert.strictEqual(of({ "if-range": '"a"' }), "Whole")
    // A range that is not asked for, since the file is another one, is not checked either.
    assert.strictEqual(of({ "if-range": '"b"', range: "bytes=10-" }), "Whole")
    assert.strictEqual(of({ "if-range": '"a"', range: "bytes=10-" }), "Unsatisfiable")
    assert.strictEqual(of({ "if-none-match": '"a"', range: "bytes=10-" }), "NotModified")
    assert.strictEqual(of({ "if-match": '"a"', range }), "0-1")
    assert.strictEqual(of({ "if-match": '"a"', "if-none-match": '"a"' }), "NotModified")
    assert.strictEqual(of({ "if-none-match": '"a"', "if-range": '"a"', range }), "NotModified")
  })

  it("depends neither on a tag that is none, nor on a date, which files do not have", () => {
    for (const list of ["a", "", '"b", *', '"a', 'W/"b"', '"b,"']) {
      assert.strictEqual(of({ "if-none-match": list }), "Whole", list)
      assert.strictEqual(of({ "if-match": list }), "PreconditionFailed", list)
    }
    assert.strictEqual(of({ "if-none-match": '"b,c" ,"a"' }), "NotModified")
    for (const date of ["Sat, 28 Nov 2026 10:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"]) {
      assert.strictEqual(of({ "if-modified-since": date }), "Whole")
      assert.strictEqual(of({ "if-unmodified-since": date, range: "bytes=0-1" }), "0-1")
    }
  })
})

describe("Content-Disposition", () => {
  it("names the file in both forms where ASCII is not enough, and breaks out of neither", () => {
    assert.strictEqual(disposition("inline", "a b.jpg"), 'inline; filename="a b.jpg"')
    assert.strictEqual(
      disposition("attachment", 'a"; filename=evil.exe'),
      "attachment; filename=\"a_; filename=evil.exe\"; filename*=UTF-8''a%22%3B%20filename%3Devil.exe",
    )
    assert.strictEqual(
      disposition("attachment", "é'(*)%41.txt"),
      "attachment; filename=\"_'(*)_41.txt\"; filename*=UTF-8''%C3%A9%27%28%2A%29%2541.txt",
    )
  })
})
