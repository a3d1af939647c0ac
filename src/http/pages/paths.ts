// The paths of the web page: one document for all of them; its script reads the path.
export const pagePaths = [
  "/",
  "/login",
  "/register",
  "/messenger",
  "/messenger/c/:chat_id",
  "/messenger/c/:chat_id/:seq",
] as const

/** Keeps the page for times without a connection and shows its notifications; at the root, so that its scope is the whole page. */
export const workerPath = "/sw.js"
