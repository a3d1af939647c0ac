// The path below which a proxy offers the whole server, such as https://example.org/chat.
import { make, shown, type Variable } from "./Variable.ts"

/** Without dots and escapes, so that proxies, browsers and this server all see the same path. */
const pattern = /^(?:\/[A-Za-z0-9_~-]+)+$/

/** Empty when unset, or `/`. */
export const basePath = (name: string): Variable<string> =>
  make(name, (value, wrong) => {
    if (value === undefined || value === "/") return ""
    return pattern.test(value) && value.length <= 200
      ? value
      : wrong(
          `must be a path such as /chat: a slash before each part, none at the end, parts of letters, digits, -, _ and ~, but is ${shown(value)}`,
        )
  })
