// Components that are loaded on demand, so that the page appears sooner.
import { type ComponentType, useEffect, useState } from "react"
import { loadWords } from "../i18n/dictionary.ts"
import { words } from "../i18n/useWords.ts"
import { notice } from "./notices.tsx"

const loads: Array<() => Promise<unknown>> = []

/** Loads all such components once the page is idle, so that they are available without a connection. */
export const loadTheRest = async (): Promise<void> => {
  await new Promise<unknown>((resolve) => {
    if ("requestIdleCallback" in window) requestIdleCallback(resolve, { timeout: 10_000 })
    else setTimeout(resolve, 3_000)
  })
  await Promise.allSettled(loads.map((one) => one()))
}

/** A component that is loaded when it is first shown. If that fails, a notice says so and the component closes. */
export const later = <Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props & { readonly onClose?: () => void }> => {
  let loaded: ComponentType<Props> | undefined
  const get = async () => {
    const part = await load()
    // It may have brought words that another language has not been loaded for.
    await loadWords()
    loaded = part
    return part
  }
  loads.push(get)
  return (props) => {
    const [Part, setPart] = useState<ComponentType<Props> | undefined>(() => loaded)
    const { onClose } = props
    useEffect(() => {
      if (Part !== undefined) return
      let current = true
      get().then(
        (part) => current && setPart(() => part),
        () => {
          if (!current) return
          notice(words().offlineError)
          onClose?.()
        },
      )
      return () => {
        current = false
      }
    }, [Part, onClose])
    return Part === undefined ? null : <Part {...props} />
  }
}
