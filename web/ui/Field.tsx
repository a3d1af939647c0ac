// A labelled input with a hint and an error that screen readers announce.
import { type ComponentProps, useId, useState } from "react"
import { usePageWords } from "../i18n/usePageWords.ts"
import { Icon } from "./Icon.tsx"

export const Field = ({
  label,
  hint,
  error,
  type = "text",
  ...input
}: { label: string; hint?: string | undefined; error?: string | undefined } & Omit<
  ComponentProps<"input">,
  "id" | "className"
>) => {
  const pages = usePageWords()
  const id = useId()
  const [shown, setShown] = useState(false)
  const isPassword = type === "password"
  const about = error ?? hint
  return (
    <div className={error === undefined ? "field" : "field field-wrong"}>
      <label htmlFor={id}>{label}</label>
      <div className="field-box">
        <input
          {...input}
          id={id}
          type={isPassword && shown ? "text" : type}
          aria-invalid={error !== undefined}
          aria-describedby={about === undefined ? undefined : `${id}-about`}
        />
        {isPassword && (
          <button
            type="button"
            className="icon-button field-eye"
            aria-label={shown ? pages.auth.hidePassword : pages.auth.showPassword}
            onClick={() => setShown(!shown)}
          >
            <Icon name={shown ? "eyeOff" : "eye"} size={20} />
          </button>
        )}
      </div>
      {about !== undefined && (
        <p id={`${id}-about`} className="field-about" role={error === undefined ? undefined : "alert"}>
          {about}
        </p>
      )}
    </div>
  )
}
