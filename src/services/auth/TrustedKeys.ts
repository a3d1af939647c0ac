// The public keys of a trusted issuer, by jose's remote key set. In addition: fetched keys stay valid while their URL
// does not answer, invented `kid`s do not cause repeated requests, and the size of an answer is limited.
import type { Clock } from "effect"
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose"

const second = 1000
const minute = 60 * second
const timeout = 5 * second
/** The minimum time between two requests: after an answer, and after a failure. */
const pause = { answered: 30 * second, failed: 5 * second }
/** Older keys are fetched again in the background while they verify. */
const fresh = 10 * minute
/** Older keys no longer verify. */
const believed = 24 * 60 * minute
const maxBytes = 1024 * 1024

/** Not the token's fault: its validity cannot be decided now. */
export class KeysAway extends Error {}

export interface TrustedKeys {
  readonly get: JWTVerifyGetKey
  /** Fetches the keys before they are needed. */
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

/** `failed` receives the reason why the keys could not be fetched. */
export const makeTrustedKeys = (url: URL, clock: Clock.Clock, failed: (why: string) => void): TrustedKeys => {
  const now = () => clock.currentTimeMillisUnsafe()
  let requestedAt = Number.NEGATIVE_INFINITY
  let answeredAt = Number.NEGATIVE_INFINITY
  let pending: Promise<void> | undefined

  // The code below decides when to fetch, by our clock.
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: timeout,
    cooldownDuration: Number.POSITIVE_INFINITY,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    [customFetch]: bounded,
  })

  const ask = async (): Promise<void> => {
    const at = now()
    if (requestedAt > answeredAt && at - requestedAt < pause.failed) throw new KeysAway()
    requestedAt = at
    try {
      await remote.reload()
      answeredAt = at
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
      const age = now() - answeredAt
      if (age > believed) await reload()
      else if (age > fresh) void refresh()
      try {
        return await remote(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || now() - answeredAt < pause.answered) throw error
        // The issuer may have a new key.
        await reload()
        return remote(header, token)
      }
    },
  }
}
