// The layout of the pages outside of the messenger.
import type { ReactNode } from "react"
import { at } from "../base.ts"
import { useWords } from "../i18n/useWords.ts"
import icon from "../icon.svg"
import "../styles/pages.css"
import { PageSwitches } from "../ui/Preferences.tsx"

export const Page = ({ children }: { children: ReactNode }) => {
  const words = useWords()
  return (
    <div className="page">
      <a className="skip-link" href="#content">
        {words.skip}
      </a>
      <header className="page-head">
        <a className="brand" href={at("/")}>
          <img src={icon} width={32} height={32} alt="" />
          Confab
        </a>
        <PageSwitches />
      </header>
      {children}
    </div>
  )
}
