// Loaded into a node before its program: redirects connections to another node's address through the test's wire. A
// node listens at its public address, so a wire in between cannot have an address of its own in the cluster.
import { Socket } from "node:net"

/** Port of a node → port of the wire to it. */
const wires = new Map<number, number>(
  Object.entries(JSON.parse(process.env.FAULTS_WIRES ?? "{}")).map(([port, wire]) => [Number(port), Number(wire)]),
)

const dial = Socket.prototype.connect

const redirect = (options: unknown): void => {
  if (typeof options !== "object" || options === null || !("port" in options)) return
  const wire = wires.get(Number(options.port))
  if (wire !== undefined) options.port = wire
}

Socket.prototype.connect = function (this: Socket, ...args: Array<unknown>): Socket {
  // net.createConnection hands over its arguments as one array.
  redirect(Array.isArray(args[0]) ? args[0][0] : args[0])
  return Reflect.apply(dial, this, args)
}
