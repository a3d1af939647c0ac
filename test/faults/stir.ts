// Clients that connect and sync, and guests that join, in the middle of a fault.
import type { Random } from "./Random.ts"
import type { RoamingDevice } from "./RoamingDevice.ts"

/** The fault, and for as long as it lasts devices that lose their connection and come back, or ask again on the one that they have. */
export const stirred = async (
  deal: () => Promise<void>,
  devices: ReadonlyArray<RoamingDevice>,
  random: Random,
): Promise<void> => {
  let isOver = false
  const stirring = (async () => {
    while (!isOver) {
      await new Promise((resolve) => setTimeout(resolve, random.between(50, 250)))
      const device = random.pick(devices)
      if (random.chance(0.5)) device.cut()
      else device.resync()
    }
  })()
  try {
    await deal()
  } finally {
    isOver = true
    await stirring
  }
}
