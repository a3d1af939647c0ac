// The process that reads pictures: bytes of strangers stay out of the process that owns the chats. It has no secrets,
// opens no connections, and is replaced when it takes too long, takes too much memory or dies.
import type { Sharp, SharpOptions } from "sharp"
import { rgbaToThumbHash } from "thumbhash"
import {
  largestSide,
  mostPixels,
  type Picture,
  type PictureAnswer,
  type PictureBegun,
  type PictureMissing,
  type PictureOrder,
  thumbSide,
} from "./wire.ts"

const say = (message: PictureAnswer | PictureBegun | PictureMissing): void => void process.send?.(message)

/** The only formats that are read. */
const loaders = ["Jpeg", "Png", "Webp", "Nsgif", "Heif"].map((name) => `VipsForeignLoad${name}File`)

const load = async () => {
  try {
    const { default: sharp } = await import("sharp")
    sharp.cache(false)
    sharp.concurrency(1)
    sharp.block({ operation: ["VipsForeignLoad"] })
    sharp.unblock({ operation: loaders })
    return sharp
  } catch {
    return undefined
  }
}

const sharp = await load()

/** By the format that was read. AVIF is slow to write. */
const encoders: Readonly<Record<string, (image: Sharp, hasAlpha: boolean) => readonly [Sharp, string]>> = {
  jpeg: (image) => [image.jpeg({ quality: 85 }), "image/jpeg"],
  png: (image) => [image.png(), "image/png"],
  webp: (image) => [image.webp({ quality: 85 }), "image/webp"],
  gif: (image) => [image.gif(), "image/gif"],
  heif: (image, hasAlpha) =>
    hasAlpha ? [image.webp({ quality: 85 }), "image/webp"] : [image.jpeg({ quality: 85 }), "image/jpeg"],
}

const inside = (side: number) => ({ width: side, height: side, fit: "inside", withoutEnlargement: true }) as const

const thumbhashOf = async (image: Sharp): Promise<string> => {
  const { data, info } = await image.resize(inside(100)).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString("base64")
}

const make = async (open: NonNullable<typeof sharp>, { from, thumb, to }: PictureOrder): Promise<Picture> => {
  const options: SharpOptions = { limitInputPixels: mostPixels, failOn: "error", sequentialRead: true }
  const { format, hasAlpha, pages = 1 } = await open(from, options).metadata()
  const encode = encoders[format]
  if (encode === undefined) throw new Error("Not a format of photos")
  const animated = pages > 1 && (format === "gif" || format === "webp")
  const upright = open(from, { ...options, animated })
    .autoOrient()
    .resize(inside(largestSide))
  const [encoded, type] = encode(upright, hasAlpha)
  const { height, pageHeight = height, width } = await encoded.toFile(to)
  // The first frame, from what is stored: a thumb shows nothing that the photo does not have.
  await open(to, options).resize(inside(thumbSide)).webp({ quality: 75 }).toFile(thumb)
  return { type, width, height: pageHeight, thumbhash: await thumbhashOf(open(thumb, options)) }
}

process.on("message", (order: PictureOrder) => {
  if (sharp === undefined) return say("missing")
  say({ begun: order.id })
  make(sharp, order).then(
    (picture) => say({ id: order.id, picture }),
    () => say({ id: order.id, picture: null }),
  )
})
process.on("disconnect", () => process.exit())
