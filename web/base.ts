// The path below which the server offers everything (its BASE_PATH), such as `/chat`; empty at the root of its host.
// Addresses inside this page are written without it: it is added where one leaves the page, and taken off where one
// comes in. Logic that a test loads without a browser is at the root.
export const base: string = globalThis.document?.documentElement.dataset.base ?? ""

/** A path of the server as the browser needs it. */
export const at = (path: string): string => base + path

/** The reverse of `at`. A path outside of `base` is another page's, and stays as it is. */
export const below = (path: string): string =>
  path === base || path.startsWith(`${base}/`) ? path.slice(base.length) : path
