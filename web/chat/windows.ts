// What is opened in a chat: one file, loaded when the first of them is opened or the page has nothing to do, since each file is a
// request.

export { EditHistory } from "../dialogs/EditHistory.tsx"
export { ForwardPicker } from "../dialogs/ForwardPicker.tsx"
export { JumpToDate } from "../dialogs/JumpToDate.tsx"
export { Readers } from "../dialogs/Readers.tsx"
export { ScheduledList } from "../dialogs/ScheduledList.tsx"
export { ChatMenu } from "./ChatMenu.tsx"
export { Gallery } from "./files/Gallery.tsx"
export { Recorder } from "./files/Recorder.tsx"
export { Tray } from "./files/Tray.tsx"
export { Viewer } from "./files/Viewer.tsx"
export { PinList } from "./pins/PinList.tsx"
export { EmojiWindow } from "./reactions/EmojiWindow.tsx"
export { Reactors } from "./reactions/Reactors.tsx"
export { SendMenu } from "./SendMenu.tsx"
