// The format of a refresh token: the session, the ordinal of the token in it, 256 secret bits, and a tag by which the
// server recognises an old token as its own without storing it. Each secret derives the next by the session's key, so
// that a token used twice has one successor. The key and the hash of the current secret are stored: a reader of these
// cannot make a valid token.
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { Schema } from "effect"
import { SessionId } from "../../domain/Ids.ts"

export interface RefreshToken {
  readonly session_id: SessionId
  readonly generation: number
  readonly secret: Uint8Array
}

/** A token in the form that its holder presents; the tag is not yet verified. */
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

/** Accepts one length and only the canonical encoding. */
const decode = (text: string, length: number): Buffer | undefined => {
  const bytes = Buffer.from(text, "base64url")
  return bytes.length === length && bytes.toString("base64url") === text ? bytes : undefined
}

/** undefined: the text does not have the format. */
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

/**
 * The secret of a token without an ordinal (the older format), which is the whole token; undefined: the text does not
 * have the format.
 */
export const readUncounted = (text: string): Uint8Array | undefined => decode(text, secretBytes)

/** Whether this session once had the token. */
export const isGenuine = ({ generation, secret, tag }: ShownToken, key: Uint8Array): boolean =>
  areEqual(tag, tagOf(key, generation, secret))

/** The secret of the next token. */
export const nextSecret = ({ generation, secret }: Pick<RefreshToken, "generation" | "secret">, key: Uint8Array) =>
  keyed(key, "confab refresh successor", generation, secret)

export const secretHash = (secret: Uint8Array): Uint8Array => createHash("sha256").update(secret).digest()

export const hasHash = (secret: Uint8Array, hash: Uint8Array): boolean => areEqual(secretHash(secret), hash)
