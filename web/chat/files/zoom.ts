// Where a picture is while it is zoomed and moved. Pure; the viewer draws it.

export interface Zoom {
  readonly scale: number
  /** The picture's middle from the middle of the view, in pixels. */
  readonly x: number
  readonly y: number
}

export const fitted: Zoom = { scale: 1, x: 0, y: 0 }
const mostScale = 8

interface Size {
  readonly width: number
  readonly height: number
}

const clamp = (value: number, most: number): number => Math.min(most, Math.max(-most, value))

/** `shown`: the picture at scale 1. Its edge does not come further in than the view's. */
export const moved = ({ scale, x, y }: Zoom, dx: number, dy: number, shown: Size, view: Size): Zoom => ({
  scale,
  x: clamp(x + dx, Math.max(0, (shown.width * scale - view.width) / 2)),
  y: clamp(y + dy, Math.max(0, (shown.height * scale - view.height) / 2)),
})

/** Around a point, from the middle of the view: what is there stays there. */
export const zoomed = (from: Zoom, factor: number, at: { x: number; y: number }, shown: Size, view: Size): Zoom => {
  const scale = Math.min(mostScale, Math.max(1, from.scale * factor))
  if (scale === 1) return fitted
  const by = scale / from.scale
  return moved({ scale, x: at.x - (at.x - from.x) * by, y: at.y - (at.y - from.y) * by }, 0, 0, shown, view)
}
