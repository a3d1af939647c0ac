// What users of a run upload: few different small contents, so that many files have the same bytes; larger ones; and pictures.
import sharp from "sharp"
import type { Random } from "../Random.ts"

export interface Content {
  readonly bytes: Buffer
  /** The server stores a picture anew; all other bytes stay as they are. */
  readonly isPicture: boolean
}

const small = (random: Random): Content => ({
  bytes: Buffer.from(`content ${random.between(1, 12)} `.repeat(100)),
  isPicture: false,
})

const large = (random: Random): Content => {
  const bytes = Buffer.alloc(random.between(100_000, 1_000_000), random.between(0, 255))
  bytes.writeUInt32BE(random.between(0, 3))
  return { bytes, isPicture: false }
}

const pictures = Promise.all(
  ["teal", "tomato", "gold"].map((background) =>
    sharp({ create: { width: 40, height: 30, channels: 3, background } })
      .png()
      .toBuffer(),
  ),
)

export const picture = async (random: Random): Promise<Content> => ({
  bytes: random.pick(await pictures),
  isPicture: true,
})

export const content = async (random: Random): Promise<Content> => {
  const kind = random.next()
  if (kind < 0.6) return small(random)
  return kind < 0.85 ? large(random) : picture(random)
}
