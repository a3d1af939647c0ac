// Which S3 store keeps files.
import type { Redacted } from "effect"
import type { InvalidSetting } from "./InvalidSettings.ts"
import * as Variable from "./Variable.ts"

export interface S3Place {
  /** Without a trailing slash. */
  readonly endpoint: string
  readonly bucket: string
  readonly region: string
  readonly accessKey: Redacted.Redacted
  readonly secretKey: Redacted.Redacted
  /** The directory on this machine where uploads wait until they are stored. */
  readonly spool: string
}

export const s3Variables = {
  s3Endpoint: Variable.httpUrl("S3_ENDPOINT", "https://s3.eu-central-1.amazonaws.com"),
  s3Bucket: Variable.bucket("S3_BUCKET"),
  s3Region: Variable.string("S3_REGION", "us-east-1"),
  s3AccessKey: Variable.secret("S3_ACCESS_KEY", { minimumBytes: 1 }),
  s3SecretKey: Variable.secret("S3_SECRET_KEY", { minimumBytes: 1 }),
}

export interface S3Values {
  readonly s3Endpoint: string | undefined
  readonly s3Bucket: string | undefined
  readonly s3Region: string
  readonly s3AccessKey: Redacted.Redacted | undefined
  readonly s3SecretKey: Redacted.Redacted | undefined
}

interface Given {
  readonly endpoint: boolean
  readonly bucket: boolean
  readonly accessKey: boolean
  readonly secretKey: boolean
  readonly filesDir: boolean
}

/** All or none, and one place for files. */
export const s3Problems = ({
  accessKey,
  bucket,
  endpoint,
  filesDir,
  secretKey,
}: Given): ReadonlyArray<InvalidSetting> => {
  const needed = [
    ["S3_BUCKET", bucket],
    ["S3_ACCESS_KEY", accessKey],
    ["S3_SECRET_KEY", secretKey],
  ] as const
  if (!endpoint) {
    return needed.flatMap(([variable, isGiven]) =>
      isGiven ? [{ variable, problem: "is for S3_ENDPOINT, which is not set" }] : [],
    )
  }
  const missing = needed.flatMap(([variable, isGiven]) =>
    isGiven ? [] : [{ variable, problem: "is required with S3_ENDPOINT" }],
  )
  return filesDir
    ? [...missing, { variable: "FILES_DIR", problem: "and S3_ENDPOINT are two places for files: set one" }]
    : missing
}

/** undefined: there is none. */
export const s3Place = (
  { s3AccessKey, s3Bucket, s3Endpoint, s3Region, s3SecretKey }: S3Values,
  spool: string,
): S3Place | undefined =>
  s3Endpoint === undefined || s3Bucket === undefined || s3AccessKey === undefined || s3SecretKey === undefined
    ? undefined
    : {
        endpoint: s3Endpoint,
        bucket: s3Bucket,
        region: s3Region,
        accessKey: s3AccessKey,
        secretKey: s3SecretKey,
        spool,
      }
