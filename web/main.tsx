// The entry point of the page. The base styles come first, so that those of components override them.
import "./styles/base.css"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { client } from "./client.ts"
import { guardComposition } from "./composition.ts"
import { loadWords } from "./i18n/dictionary.ts"
import { watchInput } from "./input.ts"
import { ClientProvider } from "./model/hooks.ts"
import { App } from "./pages/App.tsx"

guardComposition()
watchInput()
const root = document.getElementById("root")
if (root !== null) {
  await loadWords()
  createRoot(root).render(
    <StrictMode>
      <ClientProvider value={client}>
        <App />
      </ClientProvider>
    </StrictMode>,
  )
}
