// The log-in page.
import { type FormEvent, useEffect, useState } from "react"
import { at } from "../base.ts"
import { usePageWords } from "../i18n/usePageWords.ts"
import { useClient } from "../model/hooks.ts"
import { Field } from "../ui/Field.tsx"
import { refusal, refusalText } from "../ui/notices.tsx"
import { Failure } from "../ui/Waiting.tsx"
import { signInPath } from "./address.ts"
import { Page } from "./Page.tsx"
import { useSignedIn } from "./useSignedIn.ts"
import { useSignUp } from "./useSignUp.ts"

export const Login = ({ why, onIn }: { why: "expired" | "signed-out" | undefined; onIn: () => void }) => {
  const pages = usePageWords()
  const client = useClient()
  useSignedIn(why === undefined)
  const signUp = useSignUp()
  const [login, setLogin] = useState("")
  const [password, setPassword] = useState("")
  const [failure, setFailure] = useState<string>()
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    document.title = `${pages.auth.signIn} · Confab`
  }, [pages])
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    if (login.trim() === "" || password === "") {
      setFailure(pages.auth.wrong)
      return
    }
    setBusy(true)
    setFailure(undefined)
    try {
      await client.logIn(login.trim(), password)
      onIn()
    } catch (cause) {
      const tag = refusal(cause)
      setFailure(
        tag === "AccountSuspended"
          ? pages.auth.suspended
          : ["InvalidCredentials", "InvalidInput"].includes(tag)
            ? pages.auth.wrong
            : refusalText(cause),
      )
      setBusy(false)
    }
  }
  return (
    <Page>
      <main id="content" className="auth">
        <div className="auth-card">
          <h1>{pages.auth.loginTitle}</h1>
          <form className="auth-form" onSubmit={submit} noValidate>
            {failure !== undefined ? (
              <Failure>{failure}</Failure>
            ) : (
              why !== undefined && (
                <p role="status" className="notice">
                  {why === "expired" ? pages.auth.expired : pages.auth.signedOut}
                </p>
              )
            )}
            <Field
              label={pages.auth.login}
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              autoFocus
              required
              value={login}
              onChange={(event) => setLogin(event.target.value)}
            />
            <Field
              label={pages.auth.password}
              name="password"
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
            <button type="submit" className="button button-main" disabled={busy}>
              {pages.auth.signIn}
            </button>
          </form>
          {signUp === "open" && (
            <p className="auth-other">
              {pages.auth.noAccount} <a href={at(signInPath("/register"))}>{pages.auth.signUp}</a>
            </p>
          )}
        </div>
      </main>
    </Page>
  )
}
