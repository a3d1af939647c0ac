// The page's own icons: 24 × 24, in the colour of the surrounding text.

const paths = {
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  menu: "M4 7h16M4 12h16M4 17h16",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5L20 20",
  send: "M4.5 12L4 5.2c0-.6.6-1 1.2-.8L20 11.1c.8.4.8 1.4 0 1.8L5.2 19.6c-.6.2-1.2-.2-1.2-.8L4.5 12zm0 0H12",
  check: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4.3l2.8 1.7",
  down: "M6 9.5l6 6 6-6",
  up: "M6 14.5l6-6 6 6",
  reply: "M10 6L4 11.5 10 17v-3.5c5 0 8 1.5 10 4.5-.5-5.5-4-9-10-9V6z",
  copy: "M9 9h10v11H9zM15 9V5H5v11h4",
  edit: "M5 19l.8-4L16 4.8a1.7 1.7 0 0 1 2.4 0l.8.8a1.7 1.7 0 0 1 0 2.4L9 18.2 5 19zM14.5 6.5l3 3",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.3 10.5l.3 5.5M13.7 10.5l-.3 5.5",
  eye: "M2.5 12S6 5.8 12 5.8 21.5 12 21.5 12 18 18.2 12 18.2 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z",
  eyeOff:
    "M4 4l16 16M9.5 6.2c.8-.3 1.6-.4 2.5-.4 6 0 9.5 6.2 9.5 6.2a16 16 0 0 1-2.6 3.2M6.3 7.5A15.6 15.6 0 0 0 2.5 12S6 18.2 12 18.2c1.8 0 3.4-.5 4.7-1.3M10.2 10.3a2.8 2.8 0 0 0 3.6 3.8",
  pencil: "M5 19l.8-4L16 4.8a1.7 1.7 0 0 1 2.4 0l.8.8a1.7 1.7 0 0 1 0 2.4L9 18.2 5 19z",
  person: "M12 4.5a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6zM4.8 19.5c.6-3.3 3.4-5.2 7.2-5.2s6.6 1.9 7.2 5.2",
  people:
    "M9 5a3.4 3.4 0 1 1 0 6.8A3.4 3.4 0 0 1 9 5zM2.5 19c.5-3 3-4.7 6.5-4.7s6 1.7 6.5 4.7M15.5 5.3a3.4 3.4 0 0 1 0 6.3M17.5 14.7c2.2.6 3.7 2.1 4 4.3",
  addPerson:
    "M9.5 5a3.6 3.6 0 1 1 0 7.2 3.6 3.6 0 0 1 0-7.2zM2.5 19.5c.6-3.2 3.3-5 7-5 2.1 0 3.9.6 5.1 1.7M18.5 13v7M15 16.5h7",
  exit: "M14 5H6v14h8M10 12h10M16.5 8.5L20 12l-3.5 3.5",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  moon: "M20 14.2A8.2 8.2 0 0 1 9.8 4 8.2 8.2 0 1 0 20 14.2z",
  globe: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM3.5 12h17M12 3.5c5 5 5 12 0 17-5-5-5-12 0-17z",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  alert: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v5M12 16v.01",
  plus: "M12 5v14M5 12h14",
  device: "M4 5h16v11H4zM9 20h6M12 16v4",
  chats:
    "M4 6.5A2.5 2.5 0 0 1 6.5 4h8A2.5 2.5 0 0 1 17 6.5v4a2.5 2.5 0 0 1-2.5 2.5H9l-4 3v-3.5A2.5 2.5 0 0 1 4 10.5zM20 9.5v6a2 2 0 0 1-1 1.7V20l-3-2.5h-4.5",
  shield: "M12 3.5l7 2.5v5.5c0 4.2-2.8 7.4-7 9-4.2-1.6-7-4.8-7-9V6z",
  twice: "M3.5 12.5l4 4 8-9M11.5 15.5l1 1 8-9",
  bell: "M6.5 10.5a5.5 5.5 0 0 1 11 0c0 4.5 1.5 6 1.5 6H5s1.5-1.5 1.5-6zM10 19.5a2.2 2.2 0 0 0 4 0",
  bellOff:
    "M4 4l16 16M8.6 6.2a5.5 5.5 0 0 1 8.9 4.3c0 1.4.2 2.5.4 3.4M16.5 16.5H5s1.5-1.5 1.5-6c0-.6.1-1.2.3-1.7M10 19.5a2.2 2.2 0 0 0 4 0",
  pushPin: "M9 4h6l-.7 5.5 3.2 3V15h-11v-2.5l3.2-3zM12 15v5",
  archive: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  dot: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8z",
  block: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM6.5 6.5l11 11",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  palette:
    "M12 4a8 8 0 1 0 0 16c1.2 0 1.7-.9 1.3-1.9-.5-1.2.2-2.3 1.5-2.3H17a3 3 0 0 0 3-3C20 7.6 16.4 4 12 4zM8 12v.01M9.8 8.3v.01M14.2 8.3v.01",
  bookmark: "M7 4h10v16l-5-4-5 4z",
  next: "M9 5l7 7-7 7",
  clip: "M19.5 11.5l-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5l8.1-8.1a3 3 0 0 1 4.3 4.3l-8 8a1.5 1.5 0 0 1-2.2-2.1l7.2-7.2",
  mic: "M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  file: "M6.5 3.5h7l4.5 4.5v12.5h-11.5zM13.5 3.5V8H18M9.5 12.5h5M9.5 16h5",
  image: "M4 5h16v14H4zM4 16l4.5-4.5 4 4 2.5-2.5 5 5M15.5 8.5v.01",
  download: "M12 4v11M7 10.5l5 5 5-5M5 19.5h14",
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  minus: "M5 12h14",
  forward: "M14 6l6 5.5-6 5.5v-3.5c-5 0-8 1.5-10 4.5.5-5.5 4-9 10-9V6z",
  thread: "M4.5 5h15v10.5h-8L7.5 19v-3.5h-3zM8.5 8.8h7M8.5 12h4.5",
  history: "M4.5 8.5A8 8 0 1 1 4 12M4.5 4v4.5H9M12 8v4.3l2.8 1.7",
  select: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM8.5 12.3l2.4 2.4 4.6-5",
  command: "M5 6.5l5.5 5.5L5 17.5M12.5 18H19",
  keyboard: "M3 6.5h18v11H3zM6.5 10v.01M10 10v.01M14 10v.01M17.5 10v.01M6.5 14v.01M17.5 14v.01M10 14h4",
  list: "M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5v.01M4.5 12v.01M4.5 17.5v.01",
  link: "M10 14a3.8 3.8 0 0 0 5.4 0l3-3A3.8 3.8 0 0 0 13 5.6l-1.3 1.3M14 10a3.8 3.8 0 0 0-5.4 0l-3 3A3.8 3.8 0 0 0 11 18.4l1.3-1.3",
  smile: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM9 10v.01M15 10v.01M8.5 14c1.8 2.2 5.2 2.2 7 0",
} as const

export type IconName = keyof typeof paths

export const Icon = ({ name, size = 24, className }: { name: IconName; size?: number; className?: string }) => (
  <svg
    className={className === undefined ? "icon" : `icon ${className}`}
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth={name === "more" ? 2.6 : 1.8}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d={paths[name]} />
  </svg>
)

/** One tick: stored on the server. Two: on a device of the other one; in colour: read by every other member. */
export const Ticks = ({ status }: { status: "sent" | "delivered" | "read" }) => (
  <svg
    className={status === "read" ? "ticks ticks-read" : "ticks"}
    width={18}
    height={12}
    viewBox="0 0 18 12"
    fill="none"
    stroke="currentColor"
    strokeWidth={1.6}
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    {status === "sent" ? <path d="M4 6.5l3.5 3.5L14 2.5" /> : <path d="M1 6.5l3.5 3.5L11 2.5M8 9.3l.8.7L15.5 2.5" />}
  </svg>
)
