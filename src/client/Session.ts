// Owns the signed-in user of this client: log-in, cookies, tokens or those of the host, their refresh in time. Does not
// own the socket.
import type { UserId } from "../domain/Ids.ts"
import type { Me } from "../domain/User.ts"
import type { SignUp } from "./ChatClient.ts"
import { ChatClientError, notSignedIn } from "./ChatClientError.ts"
import type { GetToken } from "./ClientOptions.ts"
import type { Http, HttpRequest } from "./Http.ts"
import { isPassing } from "./Http.ts"
import { hostToken } from "./hostToken.ts"
import { type Granted, logInByCookie, logInByToken } from "./logIn.ts"
import type { Runtime } from "./Runtime.ts"
import type { SignedOutReason } from "./state/ChatState.ts"
import type { TokenStorage, Tokens } from "./storage/TokenStorage.ts"

/** Where the session is: in the browser's cookies, in tokens of this client, or in tokens that the host gives. */
export interface SessionSource {
  readonly cookies: boolean
  readonly storage: TokenStorage
  readonly getToken: GetToken | undefined
}

export interface SessionEvents {
  /** Fresh tokens, refreshed here or by another tab or program: they are sent on the open socket. */
  refreshed(accessToken: string): void
  signedOut(reason: SignedOutReason): void
}

/** How long before its end a token is refreshed; never more than a fifth of its life. */
const margin = 90_000
/** The pause before the host is asked again when it gave the same token. */
const sameAgain = 5_000

export class Session {
  private tokens: Tokens | null = null
  private expiresAt: number | null = null
  /** The access token of the last refresh, whether or not the cookie contains it. */
  private exchanged: string | null = null
  private lifetime = 0
  private refreshing: Promise<void> | null = null
  private cancelTimer: () => void = () => {}
  private active = false
  private leaving = false
  /** The user whom this client shows: another tab may replace the cookies by those of another user. */
  private user: UserId | null = null
  private readonly runtime: Runtime
  private readonly http: Http
  private readonly source: SessionSource
  private readonly events: SessionEvents

  constructor(runtime: Runtime, http: Http, source: SessionSource, events: SessionEvents) {
    this.runtime = runtime
    this.http = http
    this.source = source
    this.events = events
  }

  get isActive(): boolean {
    return this.active
  }

  private get cookies(): boolean {
    return this.source.cookies
  }

  /** Users of a host have no password here. */
  private ownUsers(): void {
    if (this.source.getToken !== undefined)
      throw new ChatClientError("TokensOfHost", "This client signs in with getToken: call start().")
  }

  async register(account: SignUp): Promise<Me> {
    this.ownUsers()
    return this.http<Me>({ method: "POST", path: "/users", json: account })
  }

  async logIn(login: string, password: string): Promise<Me> {
    this.ownUsers()
    if (this.cookies) {
      const answer = await logInByCookie(this.http, login, password)
      this.user = answer.user.id
      this.accept(answer)
      return answer.user
    }
    const answer = await logInByToken(this.http, login, password)
    this.accept(answer)
    await this.save()
    return this.request<Me>({ method: "GET", path: "/me" })
  }

  /**
   * Resumes the session of the host, the storage or the cookie; null when there is none. Rejects when the server is
   * unreachable.
   */
  async resume(): Promise<Me | null> {
    const { getToken, storage } = this.source
    if (getToken !== undefined) {
      const token = await this.askHost(getToken)
      if (token === null) return null
      this.takeHostToken(token)
    } else if (!this.cookies) {
      this.tokens = await storage.load()
      if (this.tokens === null) return null
      this.expiresAt = this.tokens.expiresAt
    }
    this.active = true
    this.user = null
    try {
      const me = await this.request<Me>({ method: "GET", path: "/me" })
      this.user = me.id
      this.schedule()
      return me
    } catch (error) {
      this.active = false
      if (error instanceof ChatClientError && error.tag === "SignedOut") return null
      throw error
    }
  }

  async logOut(): Promise<void> {
    if (!this.active) return
    await this.leave({ method: "POST", path: "/logout" }).catch((error: unknown) => {
      // The session has ended as intended: only the answer is missing.
      if (this.active && !(error instanceof ChatClientError && error.tag === "SignedOut")) throw error
    })
    await this.end("logged_out")
  }

  /** A request that ends the session. The server closes the socket before it answers, which is expected then. */
  async leave(request: HttpRequest): Promise<void> {
    this.leaving = true
    try {
      await this.request<void>(request)
      await this.end("logged_out")
    } finally {
      this.leaving = false
    }
  }

  /** A request of the signed-in user; refreshes the token once if it turns out to be expired. */
  async request<A>(request: HttpRequest): Promise<A> {
    if (!this.active) throw notSignedIn()
    await this.ensureFresh()
    const used = this.accessToken
    const as = this.cookies ? this.user : null
    try {
      return await this.http<A>({ ...request, as, token: used })
    } catch (error) {
      if (!(error instanceof ChatClientError)) throw error
      if (error.tag === "OtherUser") await this.replaced(error)
      if (error.status !== 401) throw error
      if (this.cookies || this.accessToken === used) await this.refresh()
      return this.http<A>({ ...request, as, token: this.accessToken })
    }
  }

  /**
   * Finds out why a socket did not open, which browsers hide: rejects with `SignedOut`, or with `ForeignOrigin` for the
   * page's origin.
   */
  async check(): Promise<void> {
    await this.request<Me>({ method: "GET", path: "/me" })
    const { page } = this.runtime
    if (!this.cookies || page === null) return
    await this.http({ method: "GET", path: "/ws", query: { page } }).catch((error: unknown) => {
      // Any other answer only means that this was no upgrade.
      if (error instanceof ChatClientError && error.tag === "ForeignOrigin") throw error
    })
  }

  /**
   * A request for which a cookie is not enough unless the browser sends the page's origin, which it does not for a GET
   * over plain http: uses the token of a refresh.
   */
  async requestByToken<A>(request: HttpRequest): Promise<A> {
    if (!this.cookies) return this.request<A>(request)
    if (!this.active) throw notSignedIn()
    await this.refresh()
    return this.http<A>({ ...request, token: this.exchanged })
  }

  /** For requests that cannot have a header: null if the cookie authenticates. A host is asked each time. */
  async socketToken(): Promise<string | null> {
    if (!this.active) throw notSignedIn()
    if (this.source.getToken === undefined) await this.ensureFresh()
    else await this.refresh()
    return this.accessToken
  }

  /** One refresh at a time, over all tabs; each tab asks the host for its own. */
  refresh(): Promise<void> {
    const { getToken } = this.source
    this.refreshing ??= (
      getToken === undefined
        ? this.runtime.exclusively("confab-refresh", () => this.exchange())
        : this.exchangeByHost(getToken)
    ).finally(() => {
      this.refreshing = null
    })
    return this.refreshing
  }

  /** Before a connection, because the last one's token had expired. `socketToken` asks the host by itself. */
  refreshToConnect(): Promise<void> {
    return this.source.getToken === undefined ? this.refresh() : Promise.resolve()
  }

  async end(reason: SignedOutReason): Promise<void> {
    const was = this.active
    const said = this.leaving ? "logged_out" : reason
    this.forget()
    if (this.keeps) await this.source.storage.save(null).catch(() => {})
    if (was) this.events.signedOut(said)
  }

  /** Stops the timers; the session itself continues. */
  close(): void {
    this.cancelTimer()
    this.active = false
  }

  /** Whether tokens are in the storage. */
  private get keeps(): boolean {
    return !this.cookies && this.source.getToken === undefined
  }

  private get accessToken(): string | null {
    return this.cookies ? null : (this.tokens?.accessToken ?? null)
  }

  private async ensureFresh(): Promise<void> {
    if (this.expiresAt !== null && this.runtime.now() >= this.expiresAt - 5_000) await this.refresh()
  }

  private async exchange(): Promise<void> {
    if (!this.cookies) {
      const stored = await this.source.storage.load()
      if (
        stored !== null &&
        stored.refreshToken !== this.tokens?.refreshToken &&
        stored.expiresAt > this.runtime.now()
      ) {
        this.tokens = stored
        this.expiresAt = stored.expiresAt
        this.schedule()
        this.events.refreshed(stored.accessToken)
        return
      }
    }
    try {
      const json = this.cookies ? {} : { refresh_token: this.tokens?.refreshToken }
      const answer = await this.http<Granted>({ method: "POST", path: "/refresh", json })
      if (!this.active) return
      if (this.user !== null && answer.user !== undefined && answer.user.id !== this.user) await this.replaced()
      this.accept(answer)
      this.exchanged = answer.access_token
      await this.save()
      this.events.refreshed(answer.access_token)
    } catch (error) {
      if (!(error instanceof ChatClientError) || error.status !== 401) throw error
      await this.end("session_ended")
      throw new ChatClientError("SignedOut", "The session has ended.", { status: 401, cause: error })
    }
  }

  /** A host that cannot answer now is like a server that cannot. */
  private async askHost(getToken: GetToken): Promise<string | null> {
    try {
      return (await getToken()) || null
    } catch (cause) {
      throw new ChatClientError("Network", "getToken failed.", { cause })
    }
  }

  private takeHostToken(accessToken: string): void {
    const { expiresAt, lifetime } = hostToken(accessToken)
    const isSame = accessToken === this.tokens?.accessToken
    this.tokens = { accessToken, refreshToken: "", expiresAt }
    this.expiresAt = expiresAt
    this.lifetime = lifetime
    this.schedule(isSame ? sameAgain : 0)
  }

  private async exchangeByHost(getToken: GetToken): Promise<void> {
    const before = this.tokens?.accessToken
    const token = await this.askHost(getToken)
    if (!this.active) return
    if (token === null) {
      await this.end("session_ended")
      throw new ChatClientError("SignedOut", "The host has no token for this user.", { status: 401 })
    }
    this.takeHostToken(token)
    if (token !== before) this.events.refreshed(token)
  }

  /** The cookies belong to another user: this client is signed out. */
  private async replaced(cause?: ChatClientError): Promise<never> {
    await this.end("session_ended")
    throw new ChatClientError("SignedOut", "Another person has signed in since.", { status: 401, cause })
  }

  private accept(answer: Granted): void {
    this.active = true
    this.lifetime = answer.expires_in * 1000
    this.expiresAt = this.runtime.now() + this.lifetime
    if (!this.cookies) {
      const refreshToken = answer.refresh_token ?? this.tokens?.refreshToken ?? ""
      this.tokens = { accessToken: answer.access_token, refreshToken, expiresAt: this.expiresAt }
    }
    this.schedule()
  }

  private async save(): Promise<void> {
    if (this.keeps) await this.source.storage.save(this.tokens).catch(() => {})
  }

  private forget(): void {
    this.cancelTimer()
    this.active = false
    this.user = null
    this.tokens = null
    this.exchanged = null
    this.expiresAt = null
  }

  /** Scripts cannot read a cookie's age: after a start with one, it is refreshed after a minute. */
  private schedule(atLeast = 0): void {
    this.cancelTimer()
    const left = this.expiresAt === null ? null : this.expiresAt - this.runtime.now()
    const wait = left === null ? 60_000 : left - Math.min(margin, (this.lifetime || left) / 5)
    this.cancelTimer = this.runtime.after(Math.max(atLeast, wait), () => this.refreshInTime())
  }

  private refreshInTime(): void {
    this.refresh().catch((error: unknown) => {
      if (!this.active || !isPassing(error)) return
      this.cancelTimer = this.runtime.after(5_000 + this.runtime.random() * 5_000, () => this.refreshInTime())
    })
  }
}
