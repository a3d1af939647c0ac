// What stands in the place of something that is being loaded, or that could not be loaded.
import type { ReactNode } from "react"
import { useWords } from "../i18n/useWords.ts"

/** In a list or a window. */
export const Loading = () => {
  const words = useWords()
  return (
    <div className="list-loading">
      <span className="spinner" />
      <span className="visually-hidden">{words.loading}</span>
    </div>
  )
}

/** In a form or a window; screen readers announce it. */
export const Failure = ({ children }: { children: ReactNode }) => (
  <p role="alert" className="notice notice-wrong">
    {children}
  </p>
)

/** In the place of a chat's messages. `failure`: why they could not be loaded. */
export const PaneWaiting = ({ failure, onRetry }: { failure: string | undefined; onRetry: () => void }) => {
  const words = useWords()
  return (
    <div className="messages-pane messages-wait">
      {failure === undefined ? (
        <span className="spinner" role="status" aria-label={words.loading} />
      ) : (
        <div role="alert" className="chip">
          {failure}{" "}
          <button type="button" className="link-button" onClick={onRetry}>
            {words.retry}
          </button>
        </div>
      )}
    </div>
  )
}
