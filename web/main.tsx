// The page begins here. The base styles come first, so that those of the parts win.
import "./styles/base.css"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { client } from "./client.ts"
import { ClientProvider } from "./model/hooks.ts"
import { App } from "./pages/App.tsx"

const root = document.getElementById("root")
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <ClientProvider value={client}>
        <App />
      </ClientProvider>
    </StrictMode>,
  )
}
