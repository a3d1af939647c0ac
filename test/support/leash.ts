// Preloaded into each server under test, whose standard input is held by the process that started it: once that one is gone, however
// it ended, the server and its files are gone as well.
import { rmSync } from "node:fs"

process.stdin.resume().unref()
process.stdin.once("end", () => {
  rmSync(process.env.DATA_DIR ?? "", { recursive: true, force: true })
  process.kill(process.pid, "SIGKILL")
})
