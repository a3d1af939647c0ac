// Leads a person who is signed in on from the pages that are for others; also when it happens in another tab.
import { useEffect } from "react"
import { useClient } from "../model/hooks.ts"
import { goInstead, wantedPath } from "./address.ts"
import { onSignedInElsewhere, wasSignedIn } from "./signedIn.ts"

/** `active`: false where one has just signed out, or was signed out. */
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
      // Only who was here before has a session that may have to be renewed first.
      const signedIn = wasSignedIn() ? client.start().then((me) => me !== null) : fetch("/me").then(({ ok }) => ok)
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
