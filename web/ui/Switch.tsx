// A setting that is on or off.
import { useId } from "react"

export const Switch = ({
  label,
  about,
  on,
  onChange,
}: {
  label: string
  /** What it means, in a sentence. */
  about?: string
  on: boolean
  onChange: (on: boolean) => void
}) => {
  const id = useId()
  return (
    <div>
      <label className="switch">
        <span>{label}</span>
        <input
          type="checkbox"
          role="switch"
          checked={on}
          aria-checked={on}
          aria-describedby={about === undefined ? undefined : id}
          onChange={() => onChange(!on)}
        />
      </label>
      {about !== undefined && (
        <p id={id} className="setting-about">
          {about}
        </p>
      )}
    </div>
  )
}
