// The theme and language switches: two small buttons on the pages, a form in the profile.
import { languageNames, useWords } from "../i18n/useWords.ts"
import { changeSettings, type Language, type Theme, useIsDark, useSettings } from "../settings.ts"
import { Icon } from "./Icon.tsx"

export const PageSwitches = () => {
  const words = useWords()
  const { language } = useSettings()
  const dark = useIsDark()
  const other: Language = language === "en" ? "ru" : "en"
  return (
    <div className="switches">
      <button type="button" className="quiet-button" lang={other} onClick={() => changeSettings({ language: other })}>
        <Icon name="globe" size={18} />
        {languageNames[other]}
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={dark ? words.settings.toLight : words.settings.toDark}
        onClick={() => changeSettings({ theme: dark ? "light" : "dark" })}
      >
        <Icon name={dark ? "sun" : "moon"} size={20} />
      </button>
    </div>
  )
}

/** One of few values. */
export const Choice = <Value extends string>({
  legend,
  value,
  options,
  onChange,
}: {
  legend: string
  value: Value
  options: ReadonlyArray<readonly [Value, string]>
  onChange: (value: Value) => void
}) => (
  <fieldset className="choice">
    <legend>{legend}</legend>
    <div className="choice-options">
      {options.map(([option, label]) => (
        <label key={option}>
          <input type="radio" name={legend} checked={option === value} onChange={() => onChange(option)} />
          <span>{label}</span>
        </label>
      ))}
    </div>
  </fieldset>
)

export const ThemeChoice = () => {
  const { settings: words } = useWords()
  return (
    <Choice<Theme>
      legend={words.theme}
      value={useSettings().theme}
      options={[
        ["auto", words.themeAuto],
        ["light", words.themeLight],
        ["dark", words.themeDark],
      ]}
      onChange={(theme) => changeSettings({ theme })}
    />
  )
}

export const LanguageChoice = () => {
  const words = useWords()
  return (
    <Choice<Language>
      legend={words.settings.language}
      value={useSettings().language}
      options={[
        ["en", languageNames.en],
        ["ru", languageNames.ru],
      ]}
      onChange={(language) => changeSettings({ language })}
    />
  )
}
