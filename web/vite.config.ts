// Builds the pages into web/dist: one index.html for `/`, `/register`, `/login` and `/messenger`, hashed files in
// assets/, and ReDoc's script in vendor/ for the API pages of the server. `npm run dev` serves them with hot reload (scripts/dev.ts).
import { copyFileSync, mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import { defineConfig, type UserConfig } from "vite"
import { emojiModule } from "./emojiModule.ts"
import { workerFiles } from "./workerFiles.ts"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig(({ command }) => {
  // Whatever the environment says (a test runner sets `test`): else the build would have React's development version.
  if (command === "build") process.env.NODE_ENV = "production"
  return config
})

const config: UserConfig = {
  root: here("."),
  // Relative: the server puts BASE_PATH in front (src/http/pages/webPages.ts).
  base: "./",
  publicDir: here("public"),
  plugins: [
    react(),
    workerFiles(here("dist")),
    emojiModule(),
    {
      name: "vendor-redoc",
      apply: "build",
      closeBundle() {
        mkdirSync(here("dist/vendor"), { recursive: true })
        copyFileSync(here("../node_modules/redoc/bundles/redoc.standalone.js"), here("dist/vendor/redoc.standalone.js"))
      },
    },
  ],
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: false,
    reportCompressedSize: true,
    rolldownOptions: {
      output: {
        // The messenger's initial code is one file: several would be a sixth larger. The base styles are in it, since
        // those of components must follow them.
        codeSplitting: {
          groups: [{ name: "messenger", test: /\/web\/(pages\/(?:Messenger\.tsx|signedIn\.ts)|styles\/base\.css)$/ }],
        },
      },
    },
  },
}
