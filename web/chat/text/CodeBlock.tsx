// Code between fences, with a button that copies it. The colours of a named language are loaded when it is first shown.
import { type ReactNode, useEffect, useState } from "react"
import { useTextWords } from "../../i18n/useTextWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import { Icon } from "../../ui/Icon.tsx"
import { notice } from "../../ui/notices.tsx"
import { copyText } from "../copyText.ts"

export const CodeBlock = ({ text, language }: { text: string; language: string }) => {
  const { chat } = useWords()
  const { text: words } = useTextWords()
  const [coloured, setColoured] = useState<{ readonly of: string; readonly elements: ReactNode }>()
  useEffect(() => {
    if (language === "") return
    let current = true
    import("./colouredCode.tsx").then(
      ({ colouredCode }) => {
        const elements = colouredCode(text, language)
        if (current && elements !== undefined) setColoured({ of: text, elements })
      },
      // Without a connection code is shown without colours.
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [text, language])
  return (
    <span className="code-block">
      <span className="code-head">
        <span>{language || words.code}</span>
        <button
          type="button"
          className="code-copy"
          aria-label={words.copyCode}
          title={words.copyCode}
          onClick={() => void copyText(text).then((copied) => copied && notice(chat.copied))}
        >
          <Icon name="copy" size={16} />
        </button>
      </span>
      <code dir="ltr">{coloured?.of === text ? coloured.elements : text}</code>
    </span>
  )
}
