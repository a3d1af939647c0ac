// Takes the configured base path off the target of a request, before anything else reads it.

/** Orchestrators on the machine or in the network ask these without any proxy, so they are served without the base path, too. */
const isProbe = /^\/(?:health|ready|metrics)\/?(?:\?|$)/

/** `base` as in the settings: empty, or `/chat`. The result of a target outside of it is the target of no route. */
export const belowBasePath = (base: string): ((target: string) => string) => {
  if (base === "") return (target) => target
  const inside = new RegExp(`^(https?://[^/?]*)?${base}(?=[/?]|$)`)
  return (target) => {
    if (isProbe.test(target)) return target
    const match = inside.exec(target)
    // No route has an empty segment.
    if (match === null) return `/${target}`
    const [whole, host = ""] = match
    const rest = target.slice(whole.length)
    return `${host}${rest.startsWith("/") ? "" : "/"}${rest}`
  }
}
