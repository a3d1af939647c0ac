// Stands for websocat 1.x where that is not installed: a line is a frame, both ways. Like that one, it splits frames of
// more than `-B` bytes, and `-H value` takes all further values up to the next option, so that an address behind it is
// lost; `-H=value` takes one.
import { createInterface } from "node:readline"
import { WebSocket } from "ws"

const headers: Record<string, string> = {}
const addHeader = (text: string) => {
  const [name = "", value = ""] = text.split(/: ?(.*)/s)
  headers[name] = value
}
let limit = 65_536
let address: string | undefined
const given = process.argv.slice(2)
for (let at = 0; at < given.length; at++) {
  const argument = given[at] ?? ""
  if (argument === "-B") limit = Number(given[++at])
  else if (argument.startsWith("-H=")) addHeader(argument.slice(3))
  else if (argument === "-H") {
    while (at + 1 < given.length && !given[at + 1]?.startsWith("-")) addHeader(given[++at] ?? "")
  } else address = argument
}
if (address === undefined) {
  console.error("No URL specified")
  process.exit(1)
}

const socket = new WebSocket(address, { headers })
socket.on("message", (data) => {
  const bytes = Buffer.from(data.toString())
  for (let at = 0; at < bytes.length; at += limit) process.stdout.write(`${bytes.subarray(at, at + limit)}\n`)
})
socket.on("open", () => createInterface({ input: process.stdin }).on("line", (line) => socket.send(line)))
socket.on("close", () => process.exit(0))
socket.on("error", ({ message }) => {
  console.error(message)
  process.exit(1)
})
