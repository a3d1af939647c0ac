// Redirects a signed-in user from the pages for others to the messenger; also after a sign-in in another tab.
import { useEffect } from "react"
import { at } from "../base.ts"
import { useClient } from "../model/hooks.ts"
import { goInstead, wantedPath } from "./address.ts"
import { onSignedInElsewhere, wasSignedIn } from "./signedIn.ts"

/** `active`: false right after a sign-out. */
export const useSignedIn = (active: boolean): void => {
  const client = useClient()
  useEffect(() => {
    let current = true
    const onwards = () => {
      if (current) goInstead(wantedPath())
    }
    const stop = onSignedInElsewhere(onwards)
    if (client.getState().me !== null) onwards()
    else if (active) {
      // Only a user who was signed in before has a session that may need a refresh first.
      const signedIn = wasSignedIn() ? client.start().then((me) => me !== null) : fetch(at("/me")).then(({ ok }) => ok)
      signedIn.then(
        (yes) => yes && onwards(),
        () => undefined,
      )
    }
    return () => {
      current = false
      stop()
    }
  }, [client, active])
}
