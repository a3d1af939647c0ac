// A value in a file that only its owner can read, replaced atomically. For Node. Gets Node's modules from the process
// instead of importing them, so that the client has one import for Node and browsers.

export interface JsonFile<A> {
  /** null when the file does not exist. */
  read(): Promise<A | null>
  /** null removes the file. Writes during a running write are merged into one. */
  write(value: A | null): Promise<void>
}

export const jsonFile = <A>(path: string, isValid: (value: unknown) => value is A): JsonFile<A> => {
  const { mkdir, readFile, rename, rm, writeFile } = process.getBuiltinModule("fs/promises")
  const { dirname } = process.getBuiltinModule("path")
  let last: Promise<void> = Promise.resolve()
  let waiting: { value: A | null; readonly written: Promise<void> } | undefined

  const store = async (value: A | null): Promise<void> => {
    if (value === null) return rm(path, { force: true })
    const next = `${path}.${process.pid}.new`
    await mkdir(dirname(path), { recursive: true })
    await writeFile(next, JSON.stringify(value), { mode: 0o600, flush: true })
    await rename(next, path)
  }

  return {
    read: async () => {
      await last.catch(() => {})
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null
        throw error
      })
      if (text === null) return null
      const value: unknown = JSON.parse(text)
      if (!isValid(value)) throw new Error(`${path} does not hold what was written there`)
      return value
    },
    write: (value) => {
      if (waiting !== undefined) {
        waiting.value = value
        return waiting.written
      }
      const written = last
        .catch(() => {})
        .then(() => {
          const now = waiting?.value ?? null
          waiting = undefined
          return store(now)
        })
      waiting = { value, written }
      last = written
      return written
    },
  }
}
