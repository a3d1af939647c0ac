// What the server and the process that reads pictures say to each other.

export interface PictureOrder {
  readonly id: number
  /** Paths: of what was uploaded, and of the files to write. */
  readonly from: string
  readonly to: string
  readonly thumb: string
}

/** A photo as it is stored: upright, without metadata. */
export interface Picture {
  /** The media type of the file at `to`. */
  readonly type: string
  readonly width: number
  readonly height: number
  /** base64. */
  readonly thumbhash: string
}

export type PictureAnswer =
  | { readonly id: number; readonly picture: Picture }
  /** No readable picture. */
  | { readonly id: number; readonly picture: null }

/** Before the process reads the picture of this order: if it ends from here on, the picture may be why. */
export interface PictureBegun {
  readonly begun: number
}

/** The answer of a process that cannot load sharp. */
export type PictureMissing = "missing"

/** The longest side of a stored photo, pixels. */
export const largestSide = 2560
/** The longest side of a thumb, pixels. */
export const thumbSide = 320
/** A picture may unpack to this many pixels, over all its frames. */
export const mostPixels = 40_000_000
