// Shows notifications where a page cannot (Android), and leads from one to its chat. Keeps and fetches nothing.
self.addEventListener("install", () => self.skipWaiting())
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()))

self.addEventListener("notificationclick", (event) => {
  event.notification.close()
  const { path } = event.notification.data ?? {}
  if (typeof path !== "string" || !path.startsWith("/messenger")) return
  const lead = async () => {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true })
    const open = windows.find(({ url }) => new URL(url).pathname.startsWith("/messenger"))
    if (open === undefined) return self.clients.openWindow(path)
    open.postMessage({ type: "open", path })
    return open.focus()
  }
  event.waitUntil(lead())
})
