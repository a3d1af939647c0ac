// Archives in the form that every `tar` reads: ustar, with a pax header where a name is long or no ASCII. Written piece by
// piece; the size of a file is known before its bytes.

const block = 512
const ended = Buffer.alloc(2 * block)

const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, "0")}\0`

/** Sizes of 8 GiB and more have their own form. */
const sizeField = (size: number): Buffer => {
  if (size < 8 ** 11) return Buffer.from(octal(size, 12))
  const field = Buffer.alloc(12)
  field.writeBigUInt64BE(BigInt(size), 4)
  field[0] = 0x80
  return field
}

const header = (name: string, size: number, seconds: number, type: "0" | "x"): Buffer => {
  const bytes = Buffer.alloc(block)
  bytes.write(name, 0, 100, "latin1")
  bytes.write(octal(0o600, 8), 100)
  bytes.write(octal(0, 8), 108)
  bytes.write(octal(0, 8), 116)
  sizeField(size).copy(bytes, 124)
  bytes.write(octal(seconds, 12), 136)
  bytes.write("        ", 148)
  bytes.write(type, 156)
  bytes.write("ustar\x0000", 257, "latin1")
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
  return bytes
}

/** `length key=value\n`, where the length counts itself. */
const paxRecord = (key: string, value: string): Buffer => {
  const rest = Buffer.from(` ${key}=${value}\n`)
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

const padding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block)

export interface TarFile {
  /** A path without `..`. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Epoch milliseconds. */
  readonly modified: number
  readonly bytes: AsyncIterable<Uint8Array>
}

/** A file whose bytes are not as many as it says ends the archive in the middle. */
export async function* tar(files: AsyncIterable<TarFile>): AsyncGenerator<Uint8Array> {
  for await (const { bytes, modified, name, size } of files) {
    const seconds = Math.floor(modified / 1000)
    const isPlain = /^[\x20-\x7e]{1,100}$/.test(name)
    if (!isPlain) {
      const record = paxRecord("path", name)
      yield Buffer.concat([header("pax", record.length, seconds, "x"), record, padding(record.length)])
    }
    yield header(isPlain ? name : "file", size, seconds, "0")
    let sent = 0
    for await (const chunk of bytes) {
      sent += chunk.length
      yield chunk
    }
    if (sent !== size) throw new Error("A file has another size than its archive says")
    yield padding(size)
  }
  yield ended
}
