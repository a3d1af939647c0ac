// What is common to the databases of a page.

export const done = <A>(request: IDBRequest<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

export const committed = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })

/** A function that opens the database at its first call, and again after a failure or an upgrade by another tab. */
export const openedOnce = (
  name: string,
  version: number,
  upgrade: (database: IDBDatabase, oldVersion: number) => void,
): (() => Promise<IDBDatabase>) => {
  let opened: Promise<IDBDatabase> | undefined
  return () => {
    opened ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name, version)
      request.onupgradeneeded = ({ oldVersion }) => upgrade(request.result, oldVersion)
      request.onsuccess = () => {
        const opening = request.result
        // Another tab may load a newer version of the page: do not block its upgrade.
        opening.onversionchange = () => {
          opening.close()
          opened = undefined
        }
        resolve(opening)
      }
      request.onerror = () => reject(request.error)
    })
    opened.catch(() => {
      opened = undefined
    })
    return opened
  }
}
