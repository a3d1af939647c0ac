// Where files are kept, and how large they may be.
import { join } from "node:path"
import * as Variable from "./Variable.ts"

interface FileLimits {
  /** Bytes of one file. */
  readonly maxBytes: number
  /** Bytes of all files of a user; null: any number. */
  readonly quotaBytes: number | null
}

export type FileSettings =
  /** `cluster`: several nodes, and no place that all of them share. */
  | { readonly _tag: "Off"; readonly reason: "FILES" | "cluster" }
  | (FileLimits & {
      readonly _tag: "Directory"
      readonly directory: string
      /** The operator chose it: a server that cannot use it does not start. */
      readonly isChosen: boolean
    })

export const fileVariables = {
  filesOn: Variable.onOff("FILES", true),
  filesDir: Variable.optionalString("FILES_DIR"),
  fileMaxMib: Variable.wholeNumber("FILE_MAX_MIB", { minimum: 1, maximum: 1_000_000, fallback: 100 }),
  filesPerUserMib: Variable.wholeNumber("FILES_PER_USER_MIB", { minimum: 0, maximum: 1_000_000_000, fallback: 2048 }),
}

const mib = 1_048_576

interface FileValues {
  readonly filesOn: boolean
  readonly filesDir: string | undefined
  readonly fileMaxMib: number
  readonly filesPerUserMib: number
}

export const fileSettings = (
  { fileMaxMib, filesDir, filesOn, filesPerUserMib }: FileValues,
  { dataDir, inCluster }: { readonly dataDir: string; readonly inCluster: boolean },
): FileSettings => {
  if (!filesOn) return { _tag: "Off", reason: "FILES" }
  if (inCluster && filesDir === undefined) return { _tag: "Off", reason: "cluster" }
  return {
    _tag: "Directory",
    directory: filesDir ?? join(dataDir, "files"),
    isChosen: filesDir !== undefined,
    maxBytes: fileMaxMib * mib,
    quotaBytes: filesPerUserMib === 0 ? null : filesPerUserMib * mib,
  }
}
