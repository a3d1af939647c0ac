// Chromium from npm, with the libraries and fonts that its package has for bare machines: it starts where none are installed, and
// the page looks the same everywhere. It is unpacked once for all tests, before the first of them.
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { type Browser, chromium } from "playwright-core"

const root = join(import.meta.dirname, "../../..")
const home = join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "..")

/** The package unpacks into the temporary directory of its process. */
const unpack = `
  const { default: chromium, inflate } = await import("@sparticuz/chromium")
  await Promise.all([chromium.executablePath(), inflate(${JSON.stringify(join(home, "bin/al2023.tar.br"))})])
`

const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"))
const cache = join(root, "node_modules/.cache")
const directory = join(cache, `chromium-${version}`)

/** Complete or not there at all, also when it is cut short or done by two runs at the same time. */
export default async (): Promise<void> => {
  if (existsSync(directory)) return
  mkdirSync(cache, { recursive: true })
  const own = mkdtempSync(join(cache, "chromium-"))
  try {
    const env = { PATH: process.env.PATH, TMPDIR: own }
    await promisify(execFile)(process.execPath, ["--input-type=module", "-e", unpack], { cwd: root, env })
    const fonts = `<dir>${directory}/fonts</dir><cachedir>${directory}/fonts-cache</cachedir>`
    writeFileSync(join(own, "fonts.conf"), `<?xml version="1.0"?><fontconfig>${fonts}</fontconfig>\n`)
    renameSync(own, directory)
  } catch (error) {
    rmSync(own, { recursive: true, force: true })
    if (!existsSync(directory)) throw error
  }
}

/** A microphone that hums, and a browser that lets the page hear it. */
const microphone = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]

/** `more`: switches of this browser. */
export const launchChromium = (more: ReadonlyArray<string> = []): Promise<Browser> =>
  chromium.launch({
    executablePath: join(directory, "chromium"),
    env: {
      ...process.env,
      // Without a character set the names of downloads would lose all letters that are not ASCII.
      LC_ALL: "C.UTF-8",
      LD_LIBRARY_PATH: join(directory, "al2023/lib"),
      FONTCONFIG_FILE: join(directory, "fonts.conf"),
    },
    // Not the package's own list: that one is for a single process in a cloud function, and switches web security off.
    args: [
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--font-render-hinting=none",
      "--mute-audio",
      ...microphone,
      ...more,
    ],
    headless: true,
  })
