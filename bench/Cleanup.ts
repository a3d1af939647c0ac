// Removes processes, databases and directories of the run, in reverse order, also on Ctrl-C.
type Undo = () => Promise<void> | void

const pending: Array<Undo> = []
let running: Promise<void> | undefined

const undoAll = async (): Promise<void> => {
  for (let undo = pending.pop(); undo !== undefined; undo = pending.pop()) {
    await Promise.resolve(undo()).catch((cause: unknown) => console.error("cleaning up:", cause))
  }
}

/** Registers `undo`; call the returned function to run it now instead of at the end. */
export const onEnd = (undo: Undo): (() => Promise<void>) => {
  pending.push(undo)
  return async () => {
    const index = pending.indexOf(undo)
    if (index === -1) return
    pending.splice(index, 1)
    await undo()
  }
}

/** Undoes everything that is left, once. */
export const cleanUp = (): Promise<void> => {
  running ??= undoAll()
  return running
}

/** Whether the clean-up has begun. */
export const isEnding = (): boolean => running !== undefined

export const cleanUpOnSignals = (): void => {
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.on(signal, () => {
      if (running === undefined) console.error(`\n${signal}: stopping everything that was started`)
      void cleanUp().then(() => process.exit(status))
    })
  }
}

/** Runs a whole program: cleans up and ends the process, with status 1 if it failed. */
export const runToEnd = async (run: () => Promise<void>): Promise<never> => {
  cleanUpOnSignals()
  try {
    await run()
  } catch (cause) {
    if (!isEnding()) console.error(cause)
    process.exitCode = 1
  }
  await cleanUp()
  return process.exit()
}
