// Modules that the build makes: see emojiModule.ts.
declare module "virtual:emoji/en" {
  const list: import("./chat/reactions/findEmoji.ts").EmojiList
  export default list
}
declare module "virtual:emoji/ru" {
  const list: import("./chat/reactions/findEmoji.ts").EmojiList
  export default list
}
