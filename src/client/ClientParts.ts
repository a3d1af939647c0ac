// The parts of a client that are loaded when they are needed, so that a page is there sooner.
import { ChatClientError } from "./ChatClientError.ts"
import type { Requests } from "./requestNames.ts"
import type { Needs } from "./requests.ts"
import type { SignedIn, SignedInNeeds } from "./signedIn.ts"

export interface ClientParts {
  /** Needed from the first sign-in on. */
  signedIn(): Promise<{ readonly signedIn: (needs: SignedInNeeds) => SignedIn }>
  /** Needed at the first action that is a request of its own. */
  requests(): Promise<{ readonly requestActions: (needs: Needs) => Requests }>
}

/** A page can lose the network before it has all parts: the next call tries again. */
const loaded = <A>(part: Promise<A>): Promise<A> =>
  part.catch((cause: unknown) => {
    throw new ChatClientError("Network", "A part of the client could not be loaded.", { cause })
  })

export const lazyParts: ClientParts = {
  signedIn: () => loaded(import("./signedIn.ts")),
  requests: () => loaded(import("./requests.ts")),
}
