/** Code points, as the server counts. Its own module: the schemas that say so would bring a library into the page. */
export const countCharacters = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}
