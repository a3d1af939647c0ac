// Chooses the page by the path and by whether a user is signed in.
import { useCallback, useEffect, useRef, useState } from "react"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import { later } from "../ui/later.tsx"
import { go, goInstead, isMessengerPath, signInPath, usePath, wantedPath } from "./address.ts"
import { Messenger } from "./Messenger.tsx"
import { onSignedInElsewhere, rememberSignedIn, wasSignedIn } from "./signedIn.ts"

const Home = later(() => import("./account.ts").then(({ Home }) => Home))
const Login = later(() => import("./account.ts").then(({ Login }) => Login))
const Register = later(() => import("./account.ts").then(({ Register }) => Register))

const MessengerGate = ({ onOut }: { onOut: (why: "expired" | "signed-out" | undefined) => void }) => {
  const words = useWords()
  const client = useClient()
  const me = useChatState((state) => state.me)
  const signedOut = useChatState((state) =>
    state.connection.status === "signed_out" ? state.connection.reason : undefined,
  )
  const offline = useChatState((state) => state.connection.status === "offline")
  const [failure, setFailure] = useState(false)
  const [tries, setTries] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: trying again is what a new number of tries means
  useEffect(() => {
    if (client.getState().me !== null) return
    let current = true
    setFailure(false)
    client.start().then(
      (who) => {
        if (current && who === null) onOut(wasSignedIn() ? "expired" : undefined)
      },
      () => current && setFailure(true),
    )
    return () => {
      current = false
    }
  }, [client, onOut, tries])
  const wasIn = useRef(false)
  if (me !== null) wasIn.current = true
  useEffect(() => {
    if (!wasIn.current) return
    // A sign-out first removes the record of it, for all tabs: then the end of the session is expected, whichever event
    // arrives first.
    if (signedOut === "session_ended" || signedOut === "logged_out") onOut(wasSignedIn() ? "expired" : "signed-out")
  }, [signedOut, onOut])
  const id = me?.id
  useEffect(() => {
    if (id === undefined) return
    rememberSignedIn(id)
    // The cookies belong to another user now, and everything on this page does not.
    return onSignedInElsewhere((other) => {
      if (other !== id) location.reload()
    })
  }, [id])
  if (me !== null) return <Messenger />
  return (
    <main id="content" className="splash">
      <h1 className="visually-hidden">Confab</h1>
      {failure ? (
        <>
          <p role="alert">{words.offlineError}</p>
          <button type="button" className="button button-main" onClick={() => setTries(tries + 1)}>
            {words.retry}
          </button>
        </>
      ) : (
        <>
          <span className="spinner" role="status" aria-label={words.loading} />
          {offline && <p role="status">{words.connection.offlineStart}</p>}
        </>
      )}
    </main>
  )
}

export const App = () => {
  const path = usePath()
  const [why, setWhy] = useState<"expired" | "signed-out">()
  const onIn = useCallback(() => {
    setWhy(undefined)
    go(wantedPath())
  }, [])
  const onOut = useCallback((reason: "expired" | "signed-out" | undefined) => {
    rememberSignedIn(null)
    setWhy(reason)
    // A user who signed out starts at /login; all others return to the same place.
    goInstead(reason === "signed-out" ? "/login" : signInPath("/login"))
  }, [])
  if (isMessengerPath(path)) return <MessengerGate onOut={onOut} />
  switch (path) {
    case "/":
      return <Home />
    case "/register":
      return <Register onIn={onIn} />
    case "/login":
      return <Login why={why} onIn={onIn} />
    default:
      return <Home missing />
  }
}
