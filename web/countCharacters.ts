/** Counts code points, as the server does. In a module of its own: the schemas would load a library into the page. */
export const countCharacters = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}
