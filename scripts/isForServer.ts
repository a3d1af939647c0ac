// Which requests of the page under development belong to the server; all others are Vite's: the page and its sources.
import { pagePaths, workerPath } from "../src/http/pages/paths.ts"
import { allowedMethods } from "../src/http/server/routes.ts"

const firstWord = (path: string) => path.split(/[/?]/, 2)[1]
const pageWords = new Set([...pagePaths, workerPath, "/assets"].map(firstWord))

/** `/login` and others are a page when they are read, and an operation otherwise. */
export const isForServer = (method: string, url: string): boolean => {
  if (!allowedMethods(url).includes(method)) return false
  return (method !== "GET" && method !== "HEAD") || !pageWords.has(firstWord(url))
}
