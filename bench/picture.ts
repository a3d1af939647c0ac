// Draws latency against load as an SVG: both axes logarithmic, one colour a server, p99 as a full line and p50 dashed.
export interface Curve {
  readonly title: string
  readonly points: ReadonlyArray<{
    readonly rate: number
    readonly p50: number
    readonly p99: number
    readonly kept: boolean
  }>
}

const width = 860
const height = 480
const frame = { left: 70, right: 190, top: 50, bottom: 56 } as const
const colours = ["#c2410c", "#475569", "#2563eb", "#15803d", "#7c3aed"] as const

const place = (value: number, low: number, high: number): number => Math.log(value / low) / Math.log(high / low)

/** 1, 2 and 5 times the powers of ten. */
const ticks = (low: number, high: number): ReadonlyArray<number> => {
  const all: Array<number> = []
  for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10)
    for (const factor of [1, 2, 5]) if (factor * power >= low && factor * power <= high) all.push(factor * power)
  return all
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const style = `
  text { font: 12px system-ui, sans-serif; fill: #334155 }
  .title { font-size: 16px; font-weight: 600 }
  .grid { stroke: #e2e8f0 }
  .back { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #cbd5e1 } .grid { stroke: #334155 } .back { fill: #0f172a }
  }`

export const picture = (curves: ReadonlyArray<Curve>): string => {
  const points = curves.flatMap((curve) => curve.points)
  const rates = points.map(({ rate }) => rate)
  const latencies = points.flatMap(({ p50, p99 }) => [p50, p99]).filter((value) => value > 0)
  const lowest = { x: Math.min(...rates) * 0.9, y: Math.min(...latencies) * 0.7 }
  const highest = { x: Math.max(...rates) * 1.1, y: Math.max(...latencies) * 1.4 }
  const x = (rate: number) => frame.left + place(rate, lowest.x, highest.x) * (width - frame.left - frame.right)
  const y = (latency: number) =>
    height -
    frame.bottom -
    place(Math.max(latency, lowest.y), lowest.y, highest.y) * (height - frame.top - frame.bottom)

  const gridX = ticks(lowest.x, highest.x).map(
    (rate) =>
      `<line class="grid" x1="${x(rate).toFixed(1)}" x2="${x(rate).toFixed(1)}" y1="${frame.top}" y2="${height - frame.bottom}"/>` +
      `<text x="${x(rate).toFixed(1)}" y="${height - frame.bottom + 18}" text-anchor="middle">${rate.toLocaleString("en")}</text>`,
  )
  const gridY = ticks(lowest.y, highest.y).map(
    (latency) =>
      `<line class="grid" x1="${frame.left}" x2="${width - frame.right}" y1="${y(latency).toFixed(1)}" y2="${y(latency).toFixed(1)}"/>` +
      `<text x="${frame.left - 8}" y="${(y(latency) + 4).toFixed(1)}" text-anchor="end">${latency >= 1 ? latency.toLocaleString("en") : latency.toFixed(1)}</text>`,
  )
  const lines = curves.flatMap(({ points, title }, index) => {
    const colour = colours[index % colours.length]!
    const path = (of: "p50" | "p99") =>
      points.map((point) => `${x(point.rate).toFixed(1)},${y(point[of]).toFixed(1)}`).join(" ")
    const legend = frame.top + 12 + index * 22
    return [
      `<polyline points="${path("p50")}" fill="none" stroke="${colour}" stroke-width="1.5" stroke-dasharray="4 4"/>`,
      `<polyline points="${path("p99")}" fill="none" stroke="${colour}" stroke-width="2.5"/>`,
      ...points.map(
        (point) =>
          `<circle cx="${x(point.rate).toFixed(1)}" cy="${y(point.p99).toFixed(1)}" r="3.5" stroke="${colour}" fill="${point.kept ? colour : "none"}"/>`,
      ),
      `<line x1="${width - frame.right + 14}" x2="${width - frame.right + 40}" y1="${legend - 4}" y2="${legend - 4}" stroke="${colour}" stroke-width="2.5"/>`,
      `<text x="${width - frame.right + 46}" y="${legend}">${escaped(title)}</text>`,
    ]
  })
  const notes = ["— p99   - - p50", "○ fell behind"].map(
    (note, index) =>
      `<text x="${width - frame.right + 14}" y="${frame.top + 24 + curves.length * 22 + index * 18}">${note}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Latency from send to last delivery against messages a second">
<style>${style}</style>
<rect class="back" width="${width}" height="${height}"/>
<text class="title" x="${frame.left}" y="28">Send → last delivery, at a given rate (50 chats of two)</text>
${[...gridX, ...gridY, ...lines, ...notes].join("\n")}
<text x="${(frame.left + width - frame.right) / 2}" y="${height - 14}" text-anchor="middle">messages a second</text>
<text x="18" y="${(frame.top + height - frame.bottom) / 2}" text-anchor="middle" transform="rotate(-90 18 ${(frame.top + height - frame.bottom) / 2})">milliseconds</text>
</svg>
`
}
