// Loaded into a server before its program: kills it by SIGKILL right before a step of an upload, an attachment, a deletion or a
// collection. Which one is read from a file when the process gets SIGUSR2.
import { readFileSync } from "node:fs"
import fs, { type FileHandle } from "node:fs/promises"
import { ServerResponse } from "node:http"
import { syncBuiltinESMExports } from "node:module"
import { Socket } from "node:net"
import type { Kill } from "./kills.ts"

const { FILES_KILL = "" } = process.env

let next: { step: string; left: number } | undefined

process.on("SIGUSR2", () => {
  const { count, step }: Kill = JSON.parse(readFileSync(FILES_KILL, "utf8"))
  next = { step, left: count }
})

const reach = (step: string): void => {
  if (next?.step === step && --next.left === 0) process.kill(process.pid, "SIGKILL")
}

// The disk.

const isUpload = (path: string): boolean => /[\\/]files[\\/]tmp[\\/]/.test(path)
const isBytes = (path: string): boolean => /[\\/]files[\\/][0-9a-f]{2}(?:[\\/]|$)/.test(path)

const watchHandle = (handle: FileHandle, kind: "upload" | "directory"): void => {
  const { sync, write } = handle
  handle.sync = () => {
    reach(kind === "upload" ? "flush an upload" : "flush a directory")
    return sync.call(handle)
  }
  if (kind === "upload") {
    Object.assign(handle, {
      write: (...args: Parameters<typeof write>) => {
        reach("write of an upload")
        return write.apply(handle, args)
      },
    })
  }
}

const { open, rename, rm } = fs
Object.assign(fs, {
  open: async (...args: Parameters<typeof open>) => {
    const path = String(args[0])
    if (isUpload(path)) reach("open an upload")
    const handle = await open(...args)
    if (isUpload(path)) watchHandle(handle, "upload")
    else if (isBytes(path) && args[1] === "r") watchHandle(handle, "directory")
    return handle
  },
  rename: (...args: Parameters<typeof rename>) => {
    if (isBytes(String(args[1]))) reach("put the bytes")
    return rename(...args)
  },
  rm: (...args: Parameters<typeof rm>) => {
    const path = String(args[0])
    reach(isUpload(path) ? "delete an upload" : isBytes(path) ? "delete the bytes" : "")
    return rm(...args)
  },
})
syncBuiltinESMExports()

// The database: both speak PostgreSQL's protocol over a socket, and each write has whole messages.

/** By what only they have. */
const statements: ReadonlyArray<readonly [string, string]> = [
  ["from blobs where sha256", "look for the same bytes"],
  ["insert into blobs", "reserve the bytes"],
  ["from add_file(", "add the file"],
  ["held_until = $4::timestamptz from held", "hold the files of a message"],
  ["insert into attachments", "commit a message"],
  ["delete from attachments a using", "commit a deletion"],
  ["as removed,", "delete a file"],
  ["delete from released_files", "let released files expire"],
  ["as drafted from files", "expire the files"],
  ["set doomed = true", "doom the bytes"],
  ["delete from blobs where doomed", "forget the bytes"],
]

const stepOf = (statement: string): string | undefined => statements.find(([part]) => statement.includes(part))?.[1]

/** The steps of prepared statements, by name. */
const prepared = new WeakMap<Socket, Map<string, string>>()

const textAt = (data: Buffer, from: number): string => data.toString("utf8", from, data.indexOf(0, from))

const startup = 196_608

const watchStatements = (socket: Socket, data: Buffer): void => {
  const names = prepared.get(socket)
  if (names === undefined) {
    if (data.length > 8 && data.readInt32BE(4) === startup) prepared.set(socket, new Map())
    return
  }
  for (let at = 0; at + 5 <= data.length; at += 1 + data.readInt32BE(at + 1)) {
    const kind = data[at]
    // Parse: a name and a statement. Bind: a portal and a name.
    if (kind === 0x50) {
      const name = textAt(data, at + 5)
      const step = stepOf(textAt(data, at + 6 + Buffer.byteLength(name)))
      if (step !== undefined) names.set(name, step)
      else names.delete(name)
    } else if (kind === 0x42) {
      const portal = textAt(data, at + 5)
      reach(names.get(textAt(data, at + 6 + Buffer.byteLength(portal))) ?? "")
    }
  }
}

const { write } = Socket.prototype
Socket.prototype.write = function (this: Socket, ...args: Array<unknown>): boolean {
  const [data] = args
  if (data instanceof Uint8Array) {
    watchStatements(this, Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  }
  return Reflect.apply(write, this, args)
}

// The answers.

const answers: ReadonlyArray<readonly [string, RegExp, string]> = [
  ["POST", /^\/files(?:\?|$)/, "the answer to an upload"],
  ["POST", /^\/chats\/\d+\/messages$/, "the answer to a message"],
  ["DELETE", /^\/messages\/\d+$/, "the answer to a deletion"],
]

const { writeHead } = ServerResponse.prototype
ServerResponse.prototype.writeHead = function (this: ServerResponse, ...args: Array<unknown>) {
  const { method, url = "" } = this.req
  const [, , step] = answers.find(([verb, path]) => verb === method && path.test(url)) ?? []
  if (step !== undefined && Number(args[0]) < 300) {
    reach(step)
    this.once("finish", () => reach(`what follows ${step}`))
  }
  return Reflect.apply(writeHead, this, args)
}
