// What Confab is, on one screen, and links to sign in.
import { useEffect } from "react"
import { usePageWords } from "../i18n/usePageWords.ts"
import { Icon, type IconName } from "../ui/Icon.tsx"
import { Page } from "./Page.tsx"
import { Preview } from "./Preview.tsx"
import { wasSignedIn } from "./signedIn.ts"
import { useSignUp } from "./useSignUp.ts"

const icons: ReadonlyArray<IconName> = ["shield", "twice", "device"]

export const Home = ({ missing = false }: { missing?: boolean }) => {
  const { home: words } = usePageWords()
  const known = wasSignedIn()
  const signUp = useSignUp()
  useEffect(() => {
    document.title = "Confab"
  }, [])
  return (
    <Page>
      <main id="content" className="home">
        {missing && (
          <p role="alert" className="notice notice-wrong home-missing">
            {words.notFound}
          </p>
        )}
        <div className="home-top">
          <div className="home-words">
            <h1>{words.title}</h1>
            <p className="home-lead">{words.lead}</p>
            <div className="home-actions" data-unknown={!known && signUp === undefined ? "" : undefined}>
              {known ? (
                <a className="button button-main" href="/messenger">
                  {words.open}
                </a>
              ) : (
                signUp === "open" && (
                  <a className="button button-main" href="/register">
                    {words.register}
                  </a>
                )
              )}
              <a className={known || signUp === "open" ? "button" : "button button-main"} href="/login">
                {words.login}
              </a>
            </div>
          </div>
          <Preview words={words.preview} />
        </div>
        <ul className="home-points">
          {words.points.map(([title, text], index) => (
            <li key={icons[index]}>
              <Icon name={icons[index] ?? "check"} size={28} />
              <h2>{title}</h2>
              <p>{text}</p>
            </li>
          ))}
        </ul>
        <section className="home-developers" aria-labelledby="developers">
          <h2 id="developers">{words.developers}</h2>
          <p>{words.developersLead}</p>
          <ul>
            <li>
              <a href="/docs">{words.docs}</a>
            </li>
            <li>
              <a href="/redoc">{words.redoc}</a>
            </li>
            <li>
              <a href="/openapi.json">{words.openapi}</a>
            </li>
            <li>
              <a href="/asyncapi">{words.asyncapi}</a>
            </li>
          </ul>
        </section>
      </main>
    </Page>
  )
}
