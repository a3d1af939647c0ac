// Plays a voice message or music in its line. One plays at a time.
import { type ChangeEvent, useEffect, useId, useRef, useState } from "react"
import { useFileWords } from "../../i18n/useFileWords.ts"
import { Icon } from "../../ui/Icon.tsx"
import { notice } from "../../ui/notices.tsx"
import { lengthText } from "./lengthText.ts"
import { barsOf } from "./waveform.ts"

let playing: HTMLAudioElement | undefined

const barWidth = 3
const barStep = 5
const tallestBar = 26

/** The part before `at` (0 to 1) has another colour. */
const Bars = ({ bars, at }: { bars: ReadonlyArray<number>; at: number }) => (
  <svg
    className="player-bars"
    viewBox={`0 0 ${bars.length * barStep} ${tallestBar + 2}`}
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    {bars.map((bar, i) => {
      const height = 3 + bar * (tallestBar - 3)
      return (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
          key={i}
          className={(i + 0.5) / bars.length <= at ? "player-bar player-bar-played" : "player-bar"}
          x={i * barStep}
          y={(tallestBar + 2 - height) / 2}
          width={barWidth}
          height={height}
          rx={1.5}
        />
      )
    })}
  </svg>
)

export const Player = ({
  src,
  name,
  waveform,
  durationMs,
}: {
  /** undefined: not there yet. */
  src: string | undefined
  /** Shown above the bar; a voice message has none. */
  name?: string | undefined
  waveform: string | null | undefined
  durationMs: number | null | undefined
}) => {
  const words = useFileWords()
  const audio = useRef<HTMLAudioElement>(null)
  const [isPlaying, setPlaying] = useState(false)
  const [at, setAt] = useState(0)
  const [heard, setHeard] = useState<number>()
  const label = useId()
  // A recorder writes no length into its file, and the client says it.
  const length = durationMs ? durationMs / 1_000 : heard
  const part = length === undefined || length === 0 ? 0 : Math.min(1, at / length)

  useEffect(() => {
    const element = audio.current
    return () => element?.pause()
  }, [])

  const toggle = () => {
    const element = audio.current
    if (element === null) return
    if (!element.paused) {
      element.pause()
      return
    }
    if (playing !== element) playing?.pause()
    playing = element
    element.play().catch(() => notice(words.missing))
  }
  const seek = (event: ChangeEvent<HTMLInputElement>) => {
    const element = audio.current
    const seconds = Number(event.target.value)
    setAt(seconds)
    if (element !== null) element.currentTime = seconds
  }

  return (
    <div className={waveform ? "player player-voice" : "player"}>
      {/* biome-ignore lint/a11y/useMediaCaption: nobody has written down what is said in it */}
      <audio
        ref={audio}
        src={src}
        preload={durationMs ? "none" : "metadata"}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setAt(0)}
        onTimeUpdate={({ currentTarget }) => setAt(currentTarget.currentTime)}
        onLoadedMetadata={({ currentTarget: { duration } }) => Number.isFinite(duration) && setHeard(duration)}
      />
      <button
        type="button"
        className="player-button"
        disabled={src === undefined}
        aria-label={isPlaying ? words.pause : words.play}
        aria-describedby={name === undefined ? undefined : label}
        onClick={toggle}
      >
        <Icon name={isPlaying ? "pause" : "play"} size={22} />
      </button>
      <div className="player-main">
        {name !== undefined && (
          <span className="player-name" id={label} dir="auto">
            {name}
          </span>
        )}
        <div className="player-line">
          <Bars bars={barsOf(waveform)} at={part} />
          <input
            type="range"
            className="player-seek"
            aria-label={words.position}
            aria-valuetext={lengthText(at)}
            min={0}
            max={length ?? 1}
            step={0.1}
            value={Math.min(at, length ?? 1)}
            disabled={src === undefined || length === undefined}
            onChange={seek}
          />
        </div>
        <span className="player-time">{lengthText(at > 0 ? at : (length ?? 0))}</span>
      </div>
    </div>
  )
}
