// The log-in page.
import { type FormEvent, useEffect, useState } from "react"
import { useWords } from "../i18n/useWords.ts"
import { useClient } from "../model/hooks.ts"
import { Field } from "../ui/Field.tsx"
import { refusal, refusalText } from "../ui/notices.tsx"
import { signInPath } from "./address.ts"
import { Page } from "./Page.tsx"
import { useSignedIn } from "./useSignedIn.ts"

export const Login = ({ why, onIn }: { why: "expired" | "signed-out" | undefined; onIn: () => void }) => {
  const words = useWords()
  const client = useClient()
  useSignedIn(why === undefined)
  const [login, setLogin] = useState("")
  const [password, setPassword] = useState("")
  const [failure, setFailure] = useState<string>()
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    document.title = `${words.auth.signIn} · Confab`
  }, [words])
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    if (login.trim() === "" || password === "") {
      setFailure(words.auth.wrong)
      return
    }
    setBusy(true)
    setFailure(undefined)
    try {
      await client.logIn(login.trim(), password)
      onIn()
    } catch (cause) {
      setFailure(
        ["InvalidCredentials", "InvalidInput"].includes(refusal(cause)) ? words.auth.wrong : refusalText(cause),
      )
      setBusy(false)
    }
  }
  return (
    <Page>
      <main id="content" className="auth">
        <div className="auth-card">
          <h1>{words.auth.loginTitle}</h1>
          <form className="auth-form" onSubmit={submit} noValidate>
            {failure !== undefined ? (
              <p role="alert" className="notice notice-wrong">
                {failure}
              </p>
            ) : (
              why !== undefined && (
                <p role="status" className="notice">
                  {why === "expired" ? words.auth.expired : words.auth.signedOut}
                </p>
              )
            )}
            <Field
              label={words.auth.login}
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
              label={words.auth.password}
              name="password"
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
            <button type="submit" className="button button-main" disabled={busy}>
              {words.auth.signIn}
            </button>
          </form>
          <p className="auth-other">
            {words.auth.noAccount} <a href={signInPath("/register")}>{words.auth.signUp}</a>
          </p>
        </div>
      </main>
    </Page>
  )
}
