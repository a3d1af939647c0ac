// The operator's Ed25519 keys, as PEM blocks, a JWK or a JWK set. The first one signs access tokens; all of them
// verify.
import { createPrivateKey, createPublicKey, type KeyObject, type webcrypto } from "node:crypto"

export interface SigningKeys {
  readonly signing: KeyObject
  /** Public keys: that of `signing`, then the others, such as the previous or the next one. */
  readonly verifying: ReadonlyArray<KeyObject>
}

const block = /-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----/g

const isJwk = (value: unknown): value is webcrypto.JsonWebKey =>
  typeof value === "object" && value !== null && "kty" in value && value.kty === "OKP"

const fromJwk = (key: webcrypto.JsonWebKey): KeyObject =>
  key.d === undefined ? createPublicKey({ key, format: "jwk" }) : createPrivateKey({ key, format: "jwk" })

const fromPem = ([key, label]: RegExpExecArray): KeyObject =>
  label?.endsWith("PRIVATE KEY") === true ? createPrivateKey(key) : createPublicKey(key)

const keysOf = (text: string): ReadonlyArray<KeyObject> => {
  // Tools that allow only single lines write `\n`.
  if (!text.startsWith("{")) return [...text.replaceAll("\\n", "\n").matchAll(block)].map(fromPem)
  const value: unknown = JSON.parse(text)
  const keys = typeof value === "object" && value !== null && "keys" in value ? value.keys : [value]
  return Array.isArray(keys) && keys.every(isJwk) ? keys.map(fromJwk) : []
}

const isEd25519 = (key: KeyObject): boolean => key.asymmetricKeyType === "ed25519"

/** undefined: the text has another format. No error quotes the text. */
export const parseSigningKeys = (text: string): SigningKeys | undefined => {
  try {
    const keys = keysOf(text.trim())
    const [signing] = keys
    if (signing?.type !== "private" || !keys.every(isEd25519)) return undefined
    return { signing, verifying: keys.map((key) => (key.type === "private" ? createPublicKey(key) : key)) }
  } catch {
    return undefined
  }
}
