// Where the web page is: one document for all of these; its script reads the path.
export const pagePaths = [
  "/",
  "/login",
  "/register",
  "/messenger",
  "/messenger/c/:chat_id",
  "/messenger/c/:chat_id/:seq",
] as const

/** Shows notifications for the page; at the root, so that it stands for all of it. */
export const workerPath = "/sw.js"
