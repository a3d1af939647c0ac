// Where files are kept, and how large they may be.
import { join } from "node:path"
import { type S3Place, type S3Values, s3Place, s3Variables } from "./s3Settings.ts"
import * as Variable from "./Variable.ts"

interface FileLimits {
  /** Bytes of one file. */
  readonly maxBytes: number
  /** Bytes of all files of a user; null: any number. */
  readonly quotaBytes: number | null
  /** clamd, which sees every upload first; undefined: nothing does. */
  readonly scanner: Variable.Address | undefined
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
  | (FileLimits & S3Place & { readonly _tag: "S3" })

export const fileVariables = {
  filesOn: Variable.onOff("FILES", true),
  filesDir: Variable.optionalString("FILES_DIR"),
  fileMaxMib: Variable.wholeNumber("FILE_MAX_MIB", { minimum: 1, maximum: 1_000_000, fallback: 100 }),
  filesPerUserMib: Variable.wholeNumber("FILES_PER_USER_MIB", { minimum: 0, maximum: 1_000_000_000, fallback: 2048 }),
  scanner: Variable.address("CLAMAV", 3310),
  ...s3Variables,
}

const mib = 1_048_576

export interface FileValues extends S3Values {
  readonly filesOn: boolean
  readonly filesDir: string | undefined
  readonly fileMaxMib: number
  readonly filesPerUserMib: number
  readonly scanner: Variable.Address | undefined
}

export const fileSettings = (
  { fileMaxMib, filesDir, filesOn, filesPerUserMib, scanner, ...s3 }: FileValues,
  { dataDir, inCluster }: { readonly dataDir: string; readonly inCluster: boolean },
): FileSettings => {
  if (!filesOn) return { _tag: "Off", reason: "FILES" }
  const limits = {
    maxBytes: fileMaxMib * mib,
    quotaBytes: filesPerUserMib === 0 ? null : filesPerUserMib * mib,
    scanner,
  }
  const ownDirectory = join(dataDir, "files")
  const place = s3Place(s3, ownDirectory)
  if (place !== undefined) return { _tag: "S3", ...place, ...limits }
  if (inCluster && filesDir === undefined) return { _tag: "Off", reason: "cluster" }
  return { _tag: "Directory", directory: filesDir ?? ownDirectory, isChosen: filesDir !== undefined, ...limits }
}
