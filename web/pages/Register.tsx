// The sign-up page. Each error is shown at its field.
import { type FormEvent, useEffect, useRef, useState } from "react"
import { ChatClientError } from "../../src/client/ChatClientError.ts"
import { at } from "../base.ts"
import { countCharacters } from "../countCharacters.ts"
import type { PageWords } from "../i18n/enPages.ts"
import { usePageWords } from "../i18n/usePageWords.ts"
import { useClient } from "../model/hooks.ts"
import { Field } from "../ui/Field.tsx"
import { refusal, refusalText } from "../ui/notices.tsx"
import { Failure } from "../ui/Waiting.tsx"
import { signInPath, wantedInvite } from "./address.ts"
import { Page } from "./Page.tsx"
import { useSignedIn } from "./useSignedIn.ts"
import { useSignUp } from "./useSignUp.ts"

type FieldName = "username" | "email" | "password" | "display_name"
type Errors = Partial<Record<FieldName | "form", string>>

/** The server's rules, checked before the request. */
const check = (account: Record<FieldName, string>, words: PageWords["auth"]): Errors => {
  const errors: Errors = {}
  if (account.username === "") errors.username = words.required
  else if (!/^[a-zA-Z0-9_.-]{3,32}$/.test(account.username)) errors.username = words.usernameBad
  if (account.email === "") errors.email = words.required
  else if (account.email.length > 254 || !/^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*$/.test(account.email))
    errors.email = words.emailBad
  const length = countCharacters(account.password)
  if (length < 8 || length > 256) errors.password = words.passwordBad
  if (countCharacters(account.display_name) > 64) errors.display_name = words.displayNameBad
  return errors
}

const bad: Record<FieldName, keyof PageWords["auth"]> = {
  username: "usernameBad",
  email: "emailBad",
  password: "passwordBad",
  display_name: "displayNameBad",
}

const fromServer = (cause: unknown, words: PageWords["auth"]): Errors => {
  const tag = refusal(cause)
  if (tag === "SignUpClosed") return { form: words.inviteBad }
  if (tag === "UsernameTaken") return { username: words.usernameTaken }
  if (tag === "EmailTaken") return { email: words.emailTaken }
  const errors: Errors = {}
  if (tag === "InvalidInput" && cause instanceof ChatClientError) {
    for (const { path } of cause.issues) {
      if (path in bad) errors[path as FieldName] = words[bad[path as FieldName]] as string
    }
  }
  return Object.keys(errors).length > 0 ? errors : { form: refusalText(cause) }
}

export const Register = ({ onIn }: { onIn: () => void }) => {
  const pages = usePageWords()
  const client = useClient()
  useSignedIn(true)
  const signUp = useSignUp()
  const invite = wantedInvite()
  const isShut = signUp === "closed" || (signUp === "invite" && invite === undefined)
  const [account, setAccount] = useState({ username: "", email: "", password: "", display_name: "" })
  const [errors, setErrors] = useState<Errors>({})
  const [busy, setBusy] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    document.title = `${pages.auth.signUp} · Confab`
  }, [pages])

  // The first invalid field gets the focus once it is marked.
  useEffect(() => {
    if (Object.keys(errors).length > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus()
  }, [errors])

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (busy) return
    const entered = {
      username: account.username.trim(),
      email: account.email.trim(),
      password: account.password,
      display_name: account.display_name.trim(),
    }
    const found = check(entered, pages.auth)
    setErrors(found)
    if (Object.keys(found).length > 0) return
    setBusy(true)
    try {
      const { display_name, ...rest } = entered
      await client.register({
        ...rest,
        ...(display_name === "" ? {} : { display_name }),
        ...(invite === undefined ? {} : { invite }),
      })
      onIn()
    } catch (cause) {
      setErrors(fromServer(cause, pages.auth))
      setBusy(false)
    }
  }
  const field = (name: FieldName) => ({
    name,
    value: account[name],
    error: errors[name],
    onChange: (event: { readonly target: { readonly value: string } }) => {
      setAccount({ ...account, [name]: event.target.value })
      if (errors[name] !== undefined) {
        const { [name]: _, ...others } = errors
        setErrors(others)
      }
    },
  })
  return (
    <Page>
      <main id="content" className="auth">
        <div className="auth-card">
          <h1>{pages.auth.registerTitle}</h1>
          {signUp === undefined ? null : isShut ? (
            <p role="status" className="notice">
              {signUp === "closed" ? pages.auth.signUpClosed : pages.auth.signUpByInvite}
            </p>
          ) : (
            <form ref={form} className="auth-form" onSubmit={submit} noValidate>
              {signUp === "invite" && <p className="notice">{pages.auth.invited}</p>}
              {errors.form !== undefined && <Failure>{errors.form}</Failure>}
              <Field
                {...field("username")}
                label={pages.auth.username}
                hint={pages.auth.usernameHint}
                autoComplete="username"
                autoCapitalize="none"
                spellCheck={false}
                autoFocus
                required
              />
              <Field {...field("email")} label={pages.auth.email} type="email" autoComplete="email" required />
              <Field
                {...field("password")}
                label={pages.auth.password}
                hint={pages.auth.passwordHint}
                type="password"
                autoComplete="new-password"
                required
              />
              <Field
                {...field("display_name")}
                label={pages.auth.displayName}
                hint={pages.auth.displayNameHint}
                autoComplete="name"
                dir="auto"
              />
              <button type="submit" className="button button-main" disabled={busy}>
                {pages.auth.signUp}
              </button>
            </form>
          )}
          <p className="auth-other">
            {pages.auth.haveAccount} <a href={at(signInPath("/login"))}>{pages.auth.signIn}</a>
          </p>
        </div>
      </main>
    </Page>
  )
}
