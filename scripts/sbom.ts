// The bill of materials of what runs in production, as CycloneDX 1.6, from package-lock.json alone: the same lock file gives the same
// bytes, on whatever machine. (`npm sbom --omit=dev` leaves out packages that are needed by production and development alike.)
// `node scripts/sbom.ts [file]`; dist/sbom.cdx.json when it is not named.
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

interface Locked {
  readonly version: string
  readonly integrity?: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const root = join(import.meta.dirname, "..")
const out = resolve(process.argv[2] ?? join(root, "dist/sbom.cdx.json"))
const read = (path: string) => readFileSync(join(root, path), "utf8")

const { name, version, license, description } = JSON.parse(read("package.json"))
const packages: Readonly<Record<string, Locked>> = JSON.parse(read("package-lock.json")).packages

const folder = "node_modules/"
const nameOf = (path: string) => (path === "" ? name : path.slice(path.lastIndexOf(folder) + folder.length))
const purlOf = (path: string) => `pkg:npm/${nameOf(path).replace("@", "%40")}@${packages[path]?.version}`

/** Where Node finds `wanted` from within `path`: in its own folder, or in one further out. */
const find = (path: string, wanted: string): string | undefined => {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf(`/${folder}`)))) {
    const candidate = at === "" ? folder + wanted : `${at}/${folder}${wanted}`
    if (packages[candidate] !== undefined) return candidate
    if (at === "") return undefined
  }
}

/** Where the packages lie that this one needs; what an operating system leaves out is among them. */
const neededBy = (path: string): ReadonlyArray<string> => {
  const { dependencies, optionalDependencies, peerDependencies } = packages[path] as Locked
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).flatMap(
    (wanted) => find(path, wanted) ?? [],
  )
}

// From the project on, since the marks in the lock file do not tell what development and an optional package both need.
const inProduction = new Set(neededBy(""))
for (const path of inProduction) for (const needed of neededBy(path)) inProduction.add(needed)

const needsOf = (path: string): ReadonlyArray<string> => [...new Set(neededBy(path).map(purlOf))].sort()

const licencesOf = (text: string | undefined) =>
  text === undefined ? [] : [/\s/.test(text) ? { expression: text } : { license: { id: text } }]

const componentOf = (path: string) => {
  const { integrity, license, version } = packages[path] as Locked
  const [algorithm = "", hash = ""] = (integrity ?? "").split("-", 2)
  const [group, short] = nameOf(path).startsWith("@") ? nameOf(path).split("/") : [undefined, nameOf(path)]
  return {
    type: "library",
    "bom-ref": purlOf(path),
    ...(group === undefined ? {} : { group }),
    name: short,
    version,
    purl: purlOf(path),
    licenses: licencesOf(license),
    hashes: algorithm === "sha512" ? [{ alg: "SHA-512", content: Buffer.from(hash, "base64").toString("hex") }] : [],
  }
}

/** A name for these very contents, written as a UUID (version 8: of our own making). */
const serialOf = (text: string): string => {
  const hex = createHash("sha256").update(text).digest("hex")
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)]
  return `urn:uuid:${parts.join("-")}`
}

const own = `pkg:npm/${name}@${version}`
const bill = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  serialNumber: serialOf(read("package.json") + read("package-lock.json")),
  version: 1,
  metadata: {
    component: {
      type: "application",
      "bom-ref": own,
      name,
      version,
      description,
      purl: own,
      licenses: licencesOf(license),
    },
  },
  // The same package may lie in several folders.
  components: [...new Map([...inProduction].sort().map((path) => [purlOf(path), componentOf(path)])).values()],
  dependencies: [
    { ref: own, dependsOn: needsOf("") },
    ...[...new Map([...inProduction].sort().map((path) => [purlOf(path), path])).values()].map((path) => ({
      ref: purlOf(path),
      dependsOn: needsOf(path),
    })),
  ],
}

mkdirSync(dirname(out), { recursive: true })
writeFileSync(out, `${JSON.stringify(bill, null, 2)}\n`)
console.log(`${bill.components.length} packages in ${out}`)
