// The public keys of a trusted issuer, by jose's remote key set. What jose leaves open: keys that were fetched once go on while
// their address does not answer, made-up `kid`s do not make us ask it again and again, and how much it may send.
import type { Clock } from "effect"
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose"

const second = 1000
const minute = 60 * second
/** An answer takes no longer. */
const timeout = 5 * second
/** No two questions come closer, whoever asks: after an answer, and after none. */
const pause = { answered: 30 * second, failed: 5 * second }
/** Older keys are fetched anew, behind the back of whoever is verified with them. */
const fresh = 10 * minute
/** Older ones are not believed any more. */
const believed = 24 * 60 * minute
const maxBytes = 1024 * 1024

/** Not the token's fault: whether it is good cannot be said now. */
export class KeysAway extends Error {}

export interface TrustedKeys {
  readonly get: JWTVerifyGetKey
  /** Fetches them before they are needed. */
  refresh(): Promise<void>
}

const bounded: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error("The key set is too large")
    chunks.push(chunk)
  }
  return new Response(Buffer.concat(chunks), { status: response.status })
}

/** `failed` hears why the keys could not be fetched. */
export const makeTrustedKeys = (url: URL, clock: Clock.Clock, failed: (why: string) => void): TrustedKeys => {
  const now = () => clock.currentTimeMillisUnsafe()
  let asked = Number.NEGATIVE_INFINITY
  let answered = Number.NEGATIVE_INFINITY
  let pending: Promise<void> | undefined

  // When to ask is decided below, by our clock.
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: timeout,
    cooldownDuration: Number.POSITIVE_INFINITY,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    [customFetch]: bounded,
  })

  const ask = async (): Promise<void> => {
    const at = now()
    if (asked > answered && at - asked < pause.failed) throw new KeysAway()
    asked = at
    try {
      await remote.reload()
      answered = at
    } catch (error) {
      failed(error instanceof Error ? error.message : "unknown")
      throw new KeysAway()
    }
  }
  const reload = (): Promise<void> => {
    pending ??= ask().finally(() => {
      pending = undefined
    })
    return pending
  }
  const refresh = () => reload().catch(() => {})

  return {
    refresh,
    get: async (header, token) => {
      const age = now() - answered
      if (age > believed) await reload()
      else if (age > fresh) void refresh()
      try {
        return await remote(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || now() - answered < pause.answered) throw error
        // A new key, perhaps.
        await reload()
        return remote(header, token)
      }
    },
  }
}
