// The words of the dialogs about people, groups and one's own profile in English.
import { isolated } from "./isolated.ts"
import { plural } from "./plural.ts"

const count = (n: number, one: string, other: string) => `${n.toLocaleString("en")} ${plural("en", n, { one, other })}`

export const enDialogs = {
  people: {
    newChatTitle: "New chat",
    newGroupTitle: "New group",
    search: "Search people",
    searchHint: "Type the beginning of a name",
    none: "Nobody by this name",
    groupName: "Group name",
    create: "Create",
    chosen: (n: number) => `${count(n, "person", "people")} chosen`,
    remove: (name: string) => `Remove ${name}`,
    add: "Add",
    addMembers: "Add people",
    alone: "There is nobody here by this name yet. Ask them to register at this address:",
    inIt: "already in this chat",
  },

  group: {
    title: "Group",
    rename: "Rename",
    name: "Name",
    description: "Description",
    describe: "Add a description",
    changeDescription: "Change the description",
    owner: "owner",
    admin: "admin",
    member: "member",
    makeAdmin: "Make admin",
    makeMember: "Make a plain member",
    makeOwner: "Hand the group over",
    remove: "Remove from the group",
    actions: (name: string) => `Actions for ${name}`,
    leave: "Leave the group",
    leaveTitle: "Leave this group?",
    leaveText: "You will no longer see its messages. Somebody in it can add you again.",
    delete: "Delete the group",
    deleteTitle: "Delete this group?",
    deleteText: "All its messages disappear for everybody. This cannot be undone.",
    handoverTitle: (name: string) => `Hand the group over to ${isolated(name)}?`,
    handoverText: "You stay in it as an admin.",
    message: "Write to them",
    you: "you",
    search: "Find a member",
    more: "More members",
  },

  profile: {
    title: "Profile",
    name: "Your name",
    username: "User name",
    email: "E-mail",
    password: "Password",
    changePassword: "Change the password",
    current: "Current password",
    next: "New password",
    passwordChanged: "The password is changed; all other devices were signed out.",
    wrongPassword: "This is not your current password.",
    devices: "Devices",
    thisDevice: "this device",
    lastUsed: (when: string) => `active ${when}`,
    end: "Sign out",
    endDevice: (name: string) => `Sign out ${name}`,
    appearance: "Appearance",
    unknownDevice: "Unknown device",
    data: "Your data",
    export: "Export my data",
    exportText:
      "A file with your profile, devices, chats and every message that you wrote. What others wrote is not in it.",
    delete: "Delete account",
    deleteText:
      "You are signed out everywhere and leave all groups; your user name and e-mail are free again. What you wrote stays with those " +
      "whom you wrote to, from a “Deleted account”. This cannot be undone.",
    deleteForever: "Delete my account for good",
  },
}

export type DialogWords = typeof enDialogs
