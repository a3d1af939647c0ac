// What Confab is, on one screen, and links to sign in.
import { useEffect } from "react"
import { at } from "../base.ts"
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
                <a className="button button-main" href={at("/messenger")}>
                  {words.open}
                </a>
              ) : (
                signUp === "open" && (
                  <a className="button button-main" href={at("/register")}>
                    {words.register}
                  </a>
                )
              )}
              {/* Another element, so that the colours do not change before one's eyes. */}
              <a
                key={signUp}
                className={known || signUp === "open" ? "button" : "button button-main"}
                href={at("/login")}
              >
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
              <a href={at("/docs")}>{words.docs}</a>
            </li>
            <li>
              <a href={at("/redoc")}>{words.redoc}</a>
            </li>
            <li>
              <a href={at("/openapi.json")}>{words.openapi}</a>
            </li>
            <li>
              <a href={at("/asyncapi")}>{words.asyncapi}</a>
            </li>
          </ul>
        </section>
      </main>
    </Page>
  )
}
