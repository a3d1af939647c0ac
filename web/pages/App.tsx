// Which page: by the path, and by whether somebody is signed in.
import { useCallback, useEffect, useState } from "react"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import { Home } from "./Home.tsx"
import { Login } from "./Login.tsx"
import { Messenger } from "./Messenger.tsx"
import { Register } from "./Register.tsx"
import { rememberSignedIn, wasSignedIn } from "./signedIn.ts"

const currentPath = () => location.pathname.replace(/\/+$/, "") || "/"

const MessengerGate = ({ onOut }: { onOut: (why: "expired" | "signed-out" | undefined) => void }) => {
  const words = useWords()
  const client = useClient()
  const me = useChatState((state) => state.me)
  const signedOut = useChatState((state) =>
    state.connection.status === "signed_out" ? state.connection.reason : undefined,
  )
  const [failure, setFailure] = useState(false)
  const [tries, setTries] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: trying again is what a new number of tries means
  useEffect(() => {
    if (client.getState().me !== null) return
    let current = true
    setFailure(false)
    client.start().then(
      (who) => {
        if (current && who === null) onOut(undefined)
      },
      () => current && setFailure(true),
    )
    return () => {
      current = false
    }
  }, [client, onOut, tries])
  useEffect(() => {
    // Whoever signs out forgets first, in all tabs: then the end of the session is no surprise, whichever news is faster.
    if (signedOut === "session_ended" || signedOut === "logged_out") onOut(wasSignedIn() ? "expired" : "signed-out")
  }, [signedOut, onOut])
  useEffect(() => {
    if (me !== null) rememberSignedIn(true)
  }, [me])
  if (me !== null) return <Messenger />
  return (
    <main id="content" className="splash">
      {failure ? (
        <>
          <p role="alert">{words.offlineError}</p>
          <button type="button" className="button button-main" onClick={() => setTries(tries + 1)}>
            {words.retry}
          </button>
        </>
      ) : (
        <span className="spinner" role="status" aria-label={words.loading} />
      )}
    </main>
  )
}

export const App = () => {
  const [path, setPath] = useState(currentPath)
  const [why, setWhy] = useState<"expired" | "signed-out">()
  useEffect(() => {
    const onPop = () => setPath(currentPath())
    window.addEventListener("popstate", onPop)
    return () => window.removeEventListener("popstate", onPop)
  }, [])
  const go = useCallback((to: string) => {
    history.pushState(null, "", to)
    setPath(currentPath())
    scrollTo(0, 0)
  }, [])
  const onIn = useCallback(() => go("/messenger"), [go])
  const onOut = useCallback((reason: "expired" | "signed-out" | undefined) => {
    rememberSignedIn(false)
    setWhy(reason)
    history.replaceState(null, "", "/login")
    setPath("/login")
  }, [])
  switch (path) {
    case "/":
      return <Home />
    case "/register":
      return <Register onIn={onIn} />
    case "/login":
      return <Login why={why} onIn={onIn} />
    case "/messenger":
      return <MessengerGate onOut={onOut} />
    default:
      return <Home missing />
  }
}
