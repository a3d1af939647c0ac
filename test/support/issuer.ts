// An issuer of tokens, as an existing application has one: a key set on a free port, keys that come and go, and tokens.
import { once } from "node:events"
import { createServer } from "node:http"
import { Clock, Effect } from "effect"
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose"

const audience = "chat"

export interface Key {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly jwk: JWK
}

export const newKey = async (kid: string, alg = "ES256"): Promise<Key> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } }
}

/** Those that are undefined are left out. */
export type Claims = Readonly<Record<string, unknown>>

export class Issuer {
  /** The content of its key set. */
  keys: ReadonlyArray<Key>
  /** What it answers instead. */
  broken: { readonly status: number; readonly body: string } | undefined
  /** Questions for the key set so far. */
  asked = 0
  readonly name: string
  readonly url: URL

  private constructor(port: number, keys: ReadonlyArray<Key>) {
    this.name = `http://127.0.0.1:${port}/`
    this.url = new URL("keys", this.name)
    this.keys = keys
  }

  static readonly open = Effect.acquireRelease(
    Effect.promise(async () => {
      const first = await newKey("first")
      const server = createServer((_, response) => {
        issuer.asked++
        response.writeHead(issuer.broken?.status ?? 200, { "content-type": "application/json" })
        response.end(issuer.broken?.body ?? JSON.stringify({ keys: issuer.keys.map(({ jwk }) => jwk) }))
      }).listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      const issuer = new Issuer(typeof address === "object" && address !== null ? address.port : 0, [first])
      return { issuer, server }
    }),
    ({ server }) =>
      Effect.promise(async () => {
        server.closeAllConnections()
        server.close()
        await once(server, "close")
      }),
  ).pipe(Effect.map(({ issuer }) => issuer))

  get settings() {
    return { trustedIssuer: { keySet: this.url, issuer: this.name, audience } }
  }

  /** The variables of a server that trusts it. */
  get env() {
    return { AUTH_JWKS_URL: this.url.href, AUTH_ISSUER: this.name, AUTH_AUDIENCE: audience }
  }

  /** A token that is valid for five minutes, unless the options differ. */
  token(
    subject: string,
    claims: Claims = {},
    header: { readonly alg?: string; readonly kid?: string; readonly typ?: string } = {},
    by?: CryptoKey | Uint8Array,
  ): Effect.Effect<string> {
    return Effect.flatMap(Clock.currentTimeMillis, (millis) => {
      const now = Math.floor(millis / 1000)
      const [key] = this.keys
      if (key === undefined) throw new Error("The issuer has no key")
      const payload = { iss: this.name, aud: audience, sub: subject, iat: now, exp: now + 300, ...claims }
      const said = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined))
      const jwt = new SignJWT(said).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
      return Effect.promise(() => jwt.sign(by ?? key.privateKey))
    })
  }
}
