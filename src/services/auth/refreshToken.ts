// What a refresh token is made of: the session and the ordinal of the token in it, 256 secret bits, and a tag by which the server
// knows an old token as its own without having kept it. Each secret makes the next by the session's key, so that a token which is
// used twice has one successor. Stored are the key and the hash of the current secret: who reads them can make no token that is good.
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { Schema } from "effect"
import { SessionId } from "../../domain/Ids.ts"

export interface RefreshToken {
  readonly session_id: SessionId
  readonly generation: number
  readonly secret: Uint8Array
}

/** A token as its holder shows it; the tag is still to be verified. */
export interface ShownToken extends RefreshToken {
  readonly tag: Uint8Array
}

const idBytes = 16
const generationBytes = 4
export const secretBytes = 32
const tagBytes = 16
const tokenBytes = idBytes + generationBytes + secretBytes + tagBytes

const bytesOf = (id: SessionId) => Buffer.from(id.replaceAll("-", ""), "hex")
const idOf = (bytes: Buffer) => bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
const isSessionId = Schema.is(SessionId)

const numbered = (generation: number) => {
  const bytes = Buffer.alloc(generationBytes)
  bytes.writeUInt32BE(generation)
  return bytes
}

const keyed = (key: Uint8Array, use: string, generation: number, secret: Uint8Array) =>
  createHmac("sha256", key).update(use).update(numbered(generation)).update(secret).digest()

const tagOf = (key: Uint8Array, generation: number, secret: Uint8Array) =>
  keyed(key, "confab refresh tag", generation, secret).subarray(0, tagBytes)

const areEqual = (one: Uint8Array, other: Uint8Array) => one.length === other.length && timingSafeEqual(one, other)

export const writeToken = ({ generation, secret, session_id }: RefreshToken, key: Uint8Array): string =>
  Buffer.concat([bytesOf(session_id), numbered(generation), secret, tagOf(key, generation, secret)]).toString(
    "base64url",
  )

/** Of one length, and written in one way alone. */
const decode = (text: string, length: number): Buffer | undefined => {
  const bytes = Buffer.from(text, "base64url")
  return bytes.length === length && bytes.toString("base64url") === text ? bytes : undefined
}

/** undefined: it does not look like one. */
export const readToken = (text: string): ShownToken | undefined => {
  const bytes = decode(text, tokenBytes)
  if (bytes === undefined) return undefined
  const session_id = idOf(bytes.subarray(0, idBytes))
  if (!isSessionId(session_id)) return undefined
  const secretAt = idBytes + generationBytes
  return {
    session_id,
    generation: bytes.readUInt32BE(idBytes),
    secret: bytes.subarray(secretAt, secretAt + secretBytes),
    tag: bytes.subarray(secretAt + secretBytes),
  }
}

/** The secret of a token from before tokens were counted, which was nothing else; undefined: it does not look like one. */
export const readUncounted = (text: string): Uint8Array | undefined => decode(text, secretBytes)

/** Is it a token that this session once had? */
export const isGenuine = ({ generation, secret, tag }: ShownToken, key: Uint8Array): boolean =>
  areEqual(tag, tagOf(key, generation, secret))

/** The secret of the token that follows. */
export const nextSecret = ({ generation, secret }: Pick<RefreshToken, "generation" | "secret">, key: Uint8Array) =>
  keyed(key, "confab refresh successor", generation, secret)

export const secretHash = (secret: Uint8Array): Uint8Array => createHash("sha256").update(secret).digest()

export const hasHash = (secret: Uint8Array, hash: Uint8Array): boolean => areEqual(secretHash(secret), hash)
