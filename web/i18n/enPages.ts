// The words of the home, sign-in and registration pages in English.

export const enPages = {
  home: {
    title: "Conversations that keep their place",
    lead: "Confab is a chat you run yourself. Private chats and groups, on every device you sign in with, in the same order everywhere.",
    register: "Create an account",
    login: "Sign in",
    open: "Open the messenger",
    points: [
      [
        "Nothing lost",
        "A message is confirmed only once it is stored. Come back after a break and everything you missed is there.",
      ],
      ["Nothing twice", "Write while you are offline. Your messages wait, keep their order, and arrive exactly once."],
      [
        "Yours",
        "One command runs it on your own machine: no other service, no tracking, nothing loaded from elsewhere.",
      ],
    ],
    developers: "For developers",
    developersLead: "The messenger speaks the same public API as everybody else.",
    docs: "Try the API (Swagger)",
    redoc: "API reference",
    asyncapi: "Socket frames (AsyncAPI)",
    openapi: "OpenAPI document",
    notFound: "There is nothing at this address.",
  },

  auth: {
    loginTitle: "Welcome back",
    registerTitle: "Create your account",
    login: "User name or e-mail",
    username: "User name",
    usernameHint: "3–32 letters a–z, digits, “_”, “.” or “-”. Others find you by it.",
    displayName: "Your name",
    displayNameHint: "Optional. Shown to others instead of the user name.",
    email: "E-mail",
    password: "Password",
    passwordHint: "At least 8 characters.",
    showPassword: "Show password",
    hidePassword: "Hide password",
    signIn: "Sign in",
    signUp: "Create account",
    noAccount: "New here?",
    haveAccount: "Already have an account?",
    wrong: "Wrong name or password.",
    usernameTaken: "This user name is taken.",
    emailTaken: "There is an account with this e-mail already.",
    usernameBad: "Use 3–32 letters a–z, digits, “_”, “.” or “-”.",
    emailBad: "This does not look like an e-mail address.",
    passwordBad: "Use 8 to 256 characters.",
    displayNameBad: "Use 1 to 64 characters.",
    required: "Please fill this in.",
    signUpClosed: "This server takes no new accounts.",
    signUpByInvite: "New accounts are by invite here. Open the link that you were given.",
    invited: "You are invited. Choose a name and a password.",
    inviteBad: "This invite is not valid, or not any more. Ask for a new one.",
    expired: "Your session has ended. Please sign in again.",
    signedOut: "You have signed out.",
  },
}

export type PageWords = typeof enPages
