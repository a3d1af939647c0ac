// The secrets that users and operators gave the server during a run, and the search for them in its output.

export class Planted {
  readonly #secrets = new Map<string, string>()
  #count = 0

  /** A new secret of this kind: letters and digits that occur nowhere else, so that each way of writing it down is found. */
  make(kind: string): string {
    const secret = `zq${kind}${process.pid}x${++this.#count}qz`
    this.add(kind, secret)
    return secret
  }

  /** A secret that another program made, such as a token. */
  add(kind: string, secret: string): string {
    if (secret.length < 8) throw new Error(`Too short to be searched for: ${kind}`)
    this.#secrets.set(secret, kind)
    return secret
  }

  get kinds(): ReadonlySet<string> {
    return new Set(this.#secrets.values())
  }

  /** `kind: where it was found`; empty: nothing has leaked. */
  leaksIn(text: string): ReadonlyArray<string> {
    const found: Array<string> = []
    const at = (index: number) => text.slice(Math.max(0, index - 160), index + 60).replaceAll("\n", " ")
    for (const [secret, kind] of this.#secrets)
      for (const written of new Set([secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64url")])) {
        const index = text.indexOf(written)
        if (index >= 0) found.push(`${kind}: …${at(index)}…`)
      }
    // Whosever they are.
    for (const [kind, pattern] of shapes) {
      const index = text.search(pattern)
      if (index >= 0) found.push(`${kind}: …${at(index)}…`)
    }
    return found
  }
}

const shapes = [
  ["a token by its look", /eyJ[\w-]{8,}\.[\w-]{8,}/],
  ["a hash by its look", /\$argon2/],
  ["an e-mail by its look", /[\w.+-]+@[\w-]+\.(?:example|org|com)/],
] as const
