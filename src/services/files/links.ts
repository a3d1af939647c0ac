// Links that open a file without a token, for an hour: who made it, when it ends, and a MAC over both. A link shows
// what the user who made it may see at the moment when it is opened.

import type { KeyObject } from "node:crypto"
import { createHmac, timingSafeEqual } from "node:crypto"
import type { FileId } from "../../domain/File.ts"
import type { UserId } from "../../domain/Ids.ts"

export const linkMillis = 60 * 60_000

export interface FileLink {
  readonly file_id: FileId
  readonly by: UserId
  /** Epoch milliseconds. */
  readonly expires: number
}

const macOf = (key: KeyObject, { by, expires, file_id }: FileLink): Buffer =>
  createHmac("sha256", key).update(`file ${file_id} ${by} ${expires}`).digest()

export const signatureOf = (key: KeyObject, link: FileLink): string => macOf(key, link).toString("base64url")

export const isSignature = (key: KeyObject, link: FileLink, signature: string): boolean => {
  const given = Buffer.from(signature, "base64url")
  const mac = macOf(key, link)
  return given.length === mac.length && timingSafeEqual(given, mac)
}
