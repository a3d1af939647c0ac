// Counts durations in buckets of under 1 % width, so that recording one costs nanoseconds.

/** Milliseconds. */
export interface Quantiles {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** Buckets per doubling; the first ones hold 1 µs each. */
const perOctave = 128

export class Histogram {
  readonly #buckets = new Uint32Array(perOctave * 32)
  #count = 0
  #max = 0

  record(milliseconds: number): void {
    const us = milliseconds > 0 ? milliseconds * 1000 : 0
    const bucket = us < perOctave ? us | 0 : (perOctave * (Math.log2(us / perOctave) + 1)) | 0
    this.#buckets[bucket < this.#buckets.length ? bucket : this.#buckets.length - 1]! += 1
    this.#count += 1
    if (milliseconds > this.#max) this.#max = milliseconds
  }

  clear(): void {
    this.#buckets.fill(0)
    this.#count = 0
    this.#max = 0
  }

  quantile(q: number): number {
    const rank = Math.max(1, Math.ceil(q * this.#count))
    let seen = 0
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      seen += this.#buckets[bucket]!
      if (seen >= rank) return Math.min(middle(bucket) / 1000, this.#max)
    }
    return 0
  }

  summary(): Quantiles {
    return {
      count: this.#count,
      p50: this.quantile(0.5),
      p99: this.quantile(0.99),
      p999: this.quantile(0.999),
      max: this.#max,
    }
  }
}

const middle = (bucket: number): number =>
  bucket < perOctave ? bucket + 0.5 : perOctave * 2 ** ((bucket + 0.5) / perOctave - 1)
