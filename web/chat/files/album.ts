// The layout of pictures, from their proportions alone: their place is known before their bytes.

/** Width by height of what is shown; whatever is more extreme is cropped. */
export const shownRatio = (width: number | undefined | null, height: number | undefined | null): number =>
  !width || !height ? 16 / 9 : Math.min(2.4, Math.max(0.6, width / height))

const widest = 420
const tallest = 420
const narrowest = 160

/** The width of a picture that is alone, in CSS pixels. A small one is not enlarged beyond what can be touched. */
export const soleWidth = (width: number | undefined | null, height: number | undefined | null): number => {
  const ratio = shownRatio(width, height)
  const natural = width || widest
  return Math.round(Math.max(narrowest, Math.min(natural, widest, tallest * ratio)))
}

/** The proportions of a row at which pictures are neither slivers nor stamps. */
const best = 2.2
const mostInRow = 3

/** How many pictures each row has, from the top: the rows' proportions are as near to the best as they can be. */
export const albumRows = (ratios: ReadonlyArray<number>): ReadonlyArray<number> => {
  const costs: Array<{ readonly cost: number; readonly rows: ReadonlyArray<number> }> = [{ cost: 0, rows: [] }]
  for (let end = 1; end <= ratios.length; end++) {
    let found: { cost: number; rows: ReadonlyArray<number> } | undefined
    for (let length = 1; length <= Math.min(mostInRow, end); length++) {
      const sum = ratios.slice(end - length, end).reduce((total, ratio) => total + ratio, 0)
      const before = costs[end - length]!
      const cost = before.cost + Math.log(sum / best) ** 2
      if (found === undefined || cost < found.cost) found = { cost, rows: [...before.rows, length] }
    }
    costs.push(found!)
  }
  return costs[ratios.length]!.rows
}
