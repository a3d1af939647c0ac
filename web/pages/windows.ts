// What is opened in the messenger: one file, loaded when the first of them is opened or the page has nothing to do, since each file
// is a request.

export { ChatInfo } from "../dialogs/ChatInfo.tsx"
export { NewChat } from "../dialogs/NewChat.tsx"
export { NewGroup } from "../dialogs/NewGroup.tsx"
export { Profile } from "../dialogs/Profile.tsx"
export { SignOut } from "../dialogs/SignOut.tsx"
export { UnsentDialogs } from "../dialogs/UnsentDialogs.tsx"
export { UpdateOffer } from "../dialogs/UpdateOffer.tsx"
export { Palette } from "../palette/Palette.tsx"
export { ShortcutList } from "../palette/ShortcutList.tsx"
