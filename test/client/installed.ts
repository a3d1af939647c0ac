// The package of the client, built, packed and installed as a stranger would: once a worker.
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

export const root = join(import.meta.dirname, "../..")
export const packageName = "@confab-chat/client"

export interface Ran {
  readonly status: number | null
  readonly output: string
}

export const run = (
  command: string,
  args: ReadonlyArray<string>,
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { PATH: process.env.PATH, ...env }, timeout: 100_000 })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString()
      })
    }
    child.on("error", reject)
    child.on("close", (status) => resolve({ status, output }))
  })

export const succeeds = async (...[command, args, cwd, env]: Parameters<typeof run>): Promise<string> => {
  const { status, output } = await run(command, args, cwd, env)
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${status}\n${output}`)
  return output
}

export interface Installed {
  /** Of this worker: for more projects, and what they need. */
  readonly directory: string
  /** A project that has the package and nothing else. */
  readonly plain: string
  /** Links of packages that are not from the registry but from here. */
  readonly link: (project: string, ...names: ReadonlyArray<string>) => void
  readonly project: (title: string) => Promise<string>
}

const install = async (): Promise<Installed> => {
  // With a space in its name, as users have them.
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "confab package "))
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }))
  const dist = join(directory, "dist")
  /** npm works offline: no cache, and no registry at the address. */
  const npm = (cwd: string, ...args: ReadonlyArray<string>) =>
    succeeds("npm", [...args, "--offline", "--no-audit", "--no-fund"], cwd, {
      HOME: directory,
      npm_config_cache: join(directory, "cache"),
      npm_config_registry: "http://127.0.0.1:9/",
    })
  await succeeds(process.execPath, [join(root, "scripts/build-package.ts"), dist], directory)
  await npm(directory, "pack", dist, "--pack-destination", directory)
  const packed = join(directory, readdirSync(directory).find((file) => file.endsWith(".tgz")) ?? "nothing")
  const project = async (title: string): Promise<string> => {
    const place = join(directory, title)
    mkdirSync(place)
    writeFileSync(join(place, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }))
    await npm(place, "install", packed)
    return place
  }
  const link: Installed["link"] = (place, ...names) => {
    for (const name of names) {
      const target = join(place, "node_modules", name)
      mkdirSync(dirname(target), { recursive: true })
      symlinkSync(join(root, "node_modules", name), target)
    }
  }
  return { directory, plain: await project("plain project"), link, project }
}

let installing: Promise<Installed> | undefined

export const installed = (): Promise<Installed> => (installing ??= install())

/** Type-checks strictly, as both ways of resolving packages do. */
export const typeChecks = async (
  project: string,
  files: Readonly<Record<string, string>>,
  options: object = {},
): Promise<void> => {
  for (const [file, code] of Object.entries(files)) writeFileSync(join(project, file), code)
  for (const resolution of ["nodenext", "bundler"]) {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "es2023",
      lib: ["es2023", "dom", "dom.iterable", "esnext.disposable"],
      types: [],
      jsx: "react-jsx",
      module: resolution === "bundler" ? "esnext" : resolution,
      moduleResolution: resolution,
      ...options,
    }
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: Object.keys(files) }))
    await succeeds(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], project)
  }
}
