// Which Node the npm scripts use, with programs in place of Node and npm that print their name.
import { spawnSync } from "node:child_process"
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "../..")

let machine: string
beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), "confab node "))
  for (const file of ["scripts/node.sh", "scripts/node/26/package-lock.json", "scripts/node/24/package-lock.json"])
    cpSync(join(root, file), join(machine, file))
})
afterEach(() => rmSync(machine, { recursive: true, force: true }))

const program = (path: string, script: string) => {
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
}

/** A Node of this version, which prints it and its arguments; without a library it prints only the loader's message. */
const nodeOf = (version: string) =>
  `if [ "$1" = --version ]; then echo v${version}; else printf '%s' ${version}; printf ' <%s>' "$@"; echo; fi`
const withoutLibrary = `echo "node: error while loading shared libraries: libatomic.so.1" >&2; exit 127`

/** npm ends well without a package that is optional and cannot be had. */
const nothing = ""

/** A machine with this Node, whose npm brings these, by their folder. For a folder without one npm fails. */
const machineWith = (own: string, brings: { readonly "26"?: string; readonly "24"?: string } = {}) => {
  mkdirSync(join(machine, "bin"))
  program(join(machine, "bin/node"), nodeOf(own))
  const cases = Object.entries(brings).map(([release, script]) => {
    if (script === nothing) return `${release}) ;;`
    program(join(machine, `node-${release}`), script)
    return `${release}) mkdir -p "$3/node_modules/node-x/bin" && cp "${machine}/node-${release}" "$3/node_modules/node-x/bin/node" ;;`
  })
  program(
    join(machine, "bin/npm"),
    `echo "$*" >> "${machine}/npm.log"
    [ "$1 $2" = "ci --prefix" ] && rm -rf "$3/node_modules"
    case "$(basename "$3")" in ${cases.join(" ")} *) echo "npm error network" >&2; exit 1 ;; esac
    echo "added 1 package"`,
  )
}

const runWith = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync("sh", [join(machine, "scripts/node.sh"), ...args], {
    encoding: "utf8",
    env: { PATH: `${join(machine, "bin")}:${process.env.PATH}`, ...env },
  })
  return { status, stdout, lines: stderr.split("\n").filter((line) => line !== "") }
}

const run = (...args: ReadonlyArray<string>) => runWith({}, ...args)

/** How often npm fetched something. */
const fetches = () => {
  const log = join(machine, "npm.log")
  return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").length : 0
}

describe("The Node of the npm scripts", () => {
  it.each(["22.19.0", "22.23.3", "24.0.0", "26.10.0", "100.0.0"])("is the machine's own %s", (version) => {
    machineWith(version, { "26": nodeOf("26.10.0") })
    expect(run("--flag=a b", "program.ts", "*", "")).toEqual({
      status: 0,
      stdout: `${version} <--flag=a b> <program.ts> <*> <>\n`,
      lines: [],
    })
    expect(fetches()).toBe(0)
  })

  it.each(["14.21.3", "20.20.2", "22.18.0", "22.3.0", "23.11.1"])("comes from npm where that is %s", (version) => {
    machineWith(version, { "26": nodeOf("26.10.0") })
    expect(run("--flag=a b", "program.ts", "*", "")).toEqual({
      status: 0,
      stdout: "26.10.0 <--flag=a b> <program.ts> <*> <>\n",
      lines: [
        `Fetching Node 26 from npm (once), since this needs Node 22.19 or newer and the machine has ${version} …`,
        "added 1 package",
      ],
    })
    expect(run("program.ts")).toEqual({ status: 0, stdout: "26.10.0 <program.ts>\n", lines: [] })
    expect(fetches()).toBe(1)
  })

  it.each([
    ["22.19.0", " [--max-old-space-size=900 --disable-warning=ExperimentalWarning]"],
    ["24.0.0", " [--max-old-space-size=900]"],
  ])("says nothing of what is experimental only in Node 22, here %s", (version, options) => {
    machineWith(version)
    program(join(machine, "bin/node"), `[ "$1" = --version ] && echo v${version} || echo "$1 [$NODE_OPTIONS]"`)
    expect(runWith({ NODE_OPTIONS: "--max-old-space-size=900" }, "program.ts").stdout).toBe(`program.ts${options}\n`)
  })

  it.each([
    ["22.23.3", "26.10.0"],
    ["24.0.0", "24.0.0"],
  ])("is one that reads `await using`, where that is needed: with %s it is %s", (own, used) => {
    machineWith(own, { "26": nodeOf("26.10.0") })
    expect(run("--at-least-24", "program.ts")).toMatchObject({ status: 0, stdout: `${used} <program.ts>\n` })
    expect(run("program.ts").stdout).toBe(`${own} <program.ts>\n`)
  })

  it("is the one that npm itself runs on, wherever that is", () => {
    machineWith("24.0.0")
    program(join(machine, "another"), nodeOf("22.22.0"))
    expect(runWith({ npm_node_execpath: join(machine, "another") }, "program.ts").stdout).toBe("22.22.0 <program.ts>\n")
  })

  it("is fetched anew when the lock file has another", () => {
    machineWith("20.20.2", { "26": nodeOf("26.10.0") })
    run("program.ts")
    program(join(machine, "node-26"), nodeOf("26.11.0"))
    writeFileSync(join(machine, "scripts/node/26/package-lock.json"), "{}")
    expect(run("program.ts").stdout).toBe("26.11.0 <program.ts>\n")
  })

  it("is fetched anew when the first time was cut short", () => {
    machineWith("20.20.2", { "26": nodeOf("26.10.0") })
    mkdirSync(join(machine, "scripts/node/26/node_modules/node-x/bin"), { recursive: true })
    program(join(machine, "scripts/node/26/node_modules/node-x/bin/node"), "echo half of it; exit 1")
    expect(run("program.ts").stdout).toBe("26.10.0 <program.ts>\n")
  })

  it("is 24 where 26 does not start for want of a library", () => {
    machineWith("20.20.2", { "26": withoutLibrary, "24": nodeOf("24.21.0") })
    expect(run("program.ts")).toMatchObject({ status: 0, stdout: "24.21.0 <program.ts>\n" })
    expect(run("program.ts")).toEqual({ status: 0, stdout: "24.21.0 <program.ts>\n", lines: [] })
    expect(fetches()).toBe(2)
  })

  it.each([
    ["does not start", withoutLibrary, "node: error while loading shared libraries: libatomic.so.1"],
    ["is none in npm", nothing, "npm has none for this machine, or could not fetch it"],
  ])("is missing where there %s: one line says what to install and why", (_, script, why) => {
    machineWith("20.20.2", { "26": script, "24": script })
    const { lines, status, stdout } = run("program.ts")
    expect([status, stdout]).toEqual([1, ""])
    expect(lines.at(-1)).toBe(
      `Confab needs Node 22.19 or newer: install one. This machine has 20.20.2, and the one from npm does not start here (${why}).`,
    )
  })

  it("is missing where npm fails: npm says why", () => {
    machineWith("20.20.2")
    const { lines, status, stdout } = run("program.ts")
    expect([status, stdout, lines.at(-1)]).toEqual([1, "", "npm error network"])
  })
})

describe("Every script of package.json", () => {
  const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  )

  it("that needs a new Node gets it, in the place of the shell that npm starts", () => {
    const last = Object.entries(scripts).map(([name, script]) => [name, script.split(" && ").at(-1) ?? ""] as const)
    const others = last.filter(([, command]) => !command.startsWith("exec sh scripts/node.sh "))
    expect(others.map(([name]) => name)).toEqual(["confab", "format"])
    expect(scripts.confab).toBe("exec sh scripts/confab.sh")
    expect(readFileSync(join(root, "scripts/confab.sh"), "utf8")).toMatch(
      /^exec sh "\$root\/scripts\/node\.sh" [^;&|]+$/m,
    )
    for (const script of Object.values(scripts)) expect(script).not.toMatch(/(?:^|&& )(?:node|vite|vitest) /)
  })

  it("is one that npm runs, though it runs no scripts of packages", () => {
    expect(readFileSync(join(root, ".npmrc"), "utf8")).toMatch(/^ignore-scripts=true$/m)
    expect(Object.keys(scripts).filter((name) => /^(?:pre|post)/.test(name) || name === "prepare")).toEqual([])
  })
})

describe("What npm installs", () => {
  it("puts no other Node before the machine's own", () => {
    for (const name of ["node", "npm", "npx"]) expect(existsSync(join(root, "node_modules/.bin", name))).toBe(false)
  })
})
