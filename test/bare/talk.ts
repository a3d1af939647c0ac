// A user signs up at the given server, sends a message in a chat, and stays until the server stops.
import { strictEqual } from "node:assert"
import { Person } from "../support/person.ts"

const url = process.argv[2] ?? ""
const ada = await Person.signUp(url, "ada")
const chat = await ada.group("Bare")
const device = await ada.connect()
device.send({ type: "message", chat_id: chat, text: "Hello", dedup_key: "first" })
strictEqual((await device.hears({ type: "message" })).text, "Hello")
const page = await fetch(url)
strictEqual(page.status, 200)
strictEqual((await page.text()).includes("<script"), true)
console.log(`Node ${process.versions.node}: signed up, logged in, and talked`)
strictEqual((await device.closed).code, 1001)
console.log("The server went with 1001")
