// Installs the worker that keeps the page for times without a connection, and reports that a newer page is ready.
import type { ChatClient } from "../src/client/ChatClient.ts"
import { at } from "./base.ts"

/** A newer version is looked for after a reconnection, which may be to a newer server, but not more often. */
const pauseMillis = 60_000

const scriptIn = (page: string) => /<script type="module"[^>]* src="([^"]+)"/.exec(page)?.[1]

/** Whether the server's page is another one than this. It may have been loaded before its worker came. */
const isNewer = async (): Promise<boolean> => {
  const answer = await fetch(at("/messenger"), { cache: "no-cache" })
  const script = answer.ok ? scriptIn(await answer.text()) : undefined
  return script !== undefined && script !== document.querySelector('script[type="module"]')?.getAttribute("src")
}

/** Calls `onNewer` when the worker of a newer version has taken over. Returns a function that stops it. */
export const keepWorker = (client: ChatClient, onNewer: () => void): (() => void) => {
  if (!("serviceWorker" in navigator)) return () => undefined
  const { serviceWorker } = navigator
  // The first worker of a browser is no newer version.
  let isFirst = serviceWorker.controller === null
  const changed = () => {
    if (!isFirst)
      isNewer().then(
        (newer) => newer && onNewer(),
        () => undefined,
      )
    isFirst = false
  }
  serviceWorker.addEventListener("controllerchange", changed)
  const registered = serviceWorker.register(at("/sw.js")).catch(() => undefined)
  let wasOnline = client.getState().connection.status === "online"
  let lookedAt = Date.now()
  const stop = client.subscribe(() => {
    const online = client.getState().connection.status === "online"
    const isBack = online && !wasOnline
    wasOnline = online
    if (!isBack || Date.now() - lookedAt < pauseMillis) return
    lookedAt = Date.now()
    void registered.then((registration) => registration?.update()).catch(() => undefined)
  })
  return () => {
    stop()
    serviceWorker.removeEventListener("controllerchange", changed)
  }
}
