// What we build on: exact versions, hashes, licences, install scripts, and a reason for each package.
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
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
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly hasInstallScript?: boolean
}

const manifest: {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly allowScripts: Readonly<Record<string, boolean>>
} = JSON.parse(read("package.json"))
const named = { ...manifest.dependencies, ...manifest.devDependencies }
const locked: ReadonlyArray<readonly [string, Locked]> = Object.entries<Locked>(
  JSON.parse(read("package-lock.json")).packages,
).filter(([path]) => path !== "")
const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)
const inProduction = locked.filter(([, { dev, devOptional }]) => dev !== true && devOptional !== true)

it("every version is exact, and the lock file has that one", () => {
  const versions = new Map(locked.map(([path, { version }]) => [path, version]))
  for (const [name, version] of Object.entries(named)) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/)
    expect(versions.get(`node_modules/${name}`), name).toBe(version)
  }
})

it("every package in the lock file has its hash, and comes from no registry but the one that is set", () => {
  expect(locked.filter(([, { integrity }]) => !integrity?.startsWith("sha512-")).map(([path]) => path)).toEqual([])
  expect(locked.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([])
})

it("nothing runs at its installation that was not asked, and nobody is on the list who does not ask", () => {
  const asking = new Set(locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path)))
  expect(new Set(Object.keys(manifest.allowScripts))).toEqual(asking)
})

it("what runs in production may be used by everybody", () => {
  const licences = new Set(inProduction.map(([, { license }]) => license))
  expect(
    [...licences].filter((license) => !/^(?:MIT|Apache-2\.0|ISC|BSD-[23]-Clause|0BSD)$/.test(license ?? "")),
  ).toEqual([])
})

it("every package that is named has its reason in docs/dependencies.md, and nothing else has", () => {
  const [before = "", after = ""] = read("docs/dependencies.md").split("## For development")
  const packagesIn = (text: string) =>
    text
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1]))
  expect(packagesIn(before).sort()).toEqual(Object.keys(manifest.dependencies).sort())
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
    for (const name of Object.keys(manifest.dependencies)) expect(wanted.join()).toContain(`${name}@`)
    expect(written.sort()).toEqual(wanted.sort())
    expect(text).not.toMatch(/registry|resolved|file:|\/tmp\/|\/home\/|\/root\//)
    expect(text).not.toContain(root)
  } finally {
    rmSync(directory, { recursive: true })
  }
})
