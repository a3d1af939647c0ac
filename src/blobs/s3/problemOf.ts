// What the operator can do about a store that refuses requests, in the words of the settings. No key is in it.
import type { S3Place } from "../../config/s3Settings.ts"
import type { S3Failure } from "./S3Failure.ts"

/** Follows "The S3 store …:"; undefined: the same request may succeed later, without anybody's help. */
export const problemOf = (failure: S3Failure, { bucket, region }: S3Place): string | undefined => {
  const { code, status } = failure
  if (failure.isPassing) return undefined
  switch (code) {
    case "NoSuchBucket":
      return `it has no bucket "${bucket}" (S3_BUCKET)`
    case "RequestTimeTooSkewed":
      return "its clock and this machine's differ too much (RequestTimeTooSkewed)"
    case "AuthorizationHeaderMalformed":
    case "PermanentRedirect":
    case "TemporaryRedirect":
      return failure.region === undefined || failure.region === region
        ? `the bucket "${bucket}" is not in the region "${region}" (S3_REGION), or not at this address (S3_ENDPOINT; ${code})`
        : `the bucket "${bucket}" is in the region "${failure.region}", and S3_REGION is "${region}" (${code})`
    case "InvalidAccessKeyId":
      return "it does not know S3_ACCESS_KEY (InvalidAccessKeyId)"
    case "SignatureDoesNotMatch":
      return "S3_SECRET_KEY is not the one that belongs to S3_ACCESS_KEY (SignatureDoesNotMatch)"
    case "AccessDenied":
      return `S3_ACCESS_KEY may not store, read and delete objects in the bucket "${bucket}" (S3_BUCKET; AccessDenied)`
    case "NoRanges":
      return "it does not answer requests for a part of an object"
  }
  if (status === 401 || status === 403)
    return `it refuses S3_ACCESS_KEY and S3_SECRET_KEY, or what they may do (${code})`
  return `it refuses requests (${code})`
}
