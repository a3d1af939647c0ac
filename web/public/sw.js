// The page without a connection: keeps its files, of this version and the one before it, which a page that is still open
// may need. Keeps no answer of the server's API. Shows notifications where a page cannot (Android), and leads from one to its chat.

// The build replaces both (web/vite.config.ts).
const version = "development"
const files = []

/** `/`, or the server's BASE_PATH and a slash: this file is right below it. */
const root = new URL("./", self.location.href).pathname
const prefix = root === "/" ? "confab-" : `confab${root}`
const cacheName = prefix + version
/** One document for all paths of the page (src/http/pages/paths.ts). */
const page = `${root}messenger`
const pagePath = /^(?:login|register|messenger(?:\/c\/\d+(?:\/\d+)?)?)?\/?$/

// All or nothing. Without it the worker still shows notifications, and the next visit tries again.
const keep = async () => {
  if (files.length === 0 || (await caches.match(page, { cacheName })) !== undefined) return
  const cache = await caches.open(cacheName)
  await cache.addAll([page, ...files].map((path) => new Request(path, { cache: "no-cache", credentials: "omit" })))
}

/** The names come in the order in which they were made. */
const forgetOlder = async () => {
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== cacheName)
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)))
}

self.addEventListener("install", (event) => {
  self.skipWaiting()
  event.waitUntil(keep().catch(() => undefined))
})
self.addEventListener("activate", (event) => event.waitUntil(forgetOlder().then(() => self.clients.claim())))

/** That of this version; of the former one if this one could not be kept. */
const keptPage = async () => (await caches.match(page, { cacheName })) ?? (await caches.match(page))

/** The server's page is newer; the kept one serves while the server cannot be reached. */
const openPage = async (event) => {
  try {
    const answer = await fetch(event.request)
    if (answer.status < 500) {
      event.waitUntil(keep().catch(() => undefined))
      return answer
    }
    return (await keptPage()) ?? answer
  } catch (error) {
    const kept = await keptPage()
    if (kept === undefined) throw error
    return kept
  }
}

/** Their names change with their content. */
const openFile = async (request) => (await caches.match(request.url)) ?? fetch(request)

self.addEventListener("fetch", (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== "GET" || origin !== self.location.origin || files.length === 0) return
  if (request.mode === "navigate" && pathname.startsWith(root) && pagePath.test(pathname.slice(root.length)))
    event.respondWith(openPage(event))
  else if (pathname.startsWith(`${root}assets/`)) event.respondWith(openFile(request))
})

self.addEventListener("notificationclick", (event) => {
  event.notification.close()
  const { path } = event.notification.data ?? {}
  if (typeof path !== "string" || !path.startsWith(page)) return
  const lead = async () => {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true })
    const open = windows.find(({ url }) => new URL(url).pathname.startsWith(page))
    if (open === undefined) return self.clients.openWindow(path)
    open.postMessage({ type: "open", path })
    return open.focus()
  }
  event.waitUntil(lead())
})
