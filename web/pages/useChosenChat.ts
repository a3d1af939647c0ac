// Which chat is open: it is in the address, so that Back closes it, a reload keeps it and a link leads to it.
import { useCallback, useSyncExternalStore } from "react"
import type { ChatId } from "../../src/domain/Ids.ts"

const parse = (): ChatId | undefined => {
  const id = Number(/^#chat-([1-9]\d{0,15})$/.exec(location.hash)?.[1])
  return Number.isSafeInteger(id) ? (id as ChatId) : undefined
}

const subscribe = (listener: () => void) => {
  window.addEventListener("hashchange", listener)
  window.addEventListener("popstate", listener)
  return () => {
    window.removeEventListener("hashchange", listener)
    window.removeEventListener("popstate", listener)
  }
}

const changed = () => window.dispatchEvent(new PopStateEvent("popstate"))

export const useChosenChat = () => {
  const chosen = useSyncExternalStore(subscribe, parse)
  const choose = useCallback((id: ChatId) => {
    const here = parse()
    if (here === id) return
    const address = `/messenger#chat-${id}`
    // From one chat to the next, Back still leads to the list.
    if (here === undefined) history.pushState({ fromList: true }, "", address)
    else history.replaceState(history.state, "", address)
    changed()
  }, [])
  const leave = useCallback(() => {
    if (parse() === undefined) return
    if (history.state?.fromList === true) history.back()
    else {
      history.replaceState(null, "", "/messenger")
      changed()
    }
  }, [])
  return { chosen, choose, leave }
}
