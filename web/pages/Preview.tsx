// What Confab looks like, for those who have not signed in: a picture made of the messenger's own parts.
import type { PageWords } from "../i18n/enPages.ts"
import { Avatar, hue } from "../ui/Avatar.tsx"
import { Icon, Ticks } from "../ui/Icon.tsx"

type Words = PageWords["home"]["preview"]

const Row = ({
  id,
  name,
  last,
  unread,
  chosen,
}: {
  id: number
  name: string
  last: string
  unread?: number
  chosen?: boolean
}) => (
  <div className={chosen === true ? "chat-row chat-row-chosen" : "chat-row"}>
    <Avatar id={id} name={name} size="s" />
    <span className="chat-row-text">
      <span className="chat-row-name">{name}</span>
      <span className="chat-row-bottom">
        <span className="chat-row-last">
          <span className="chat-row-words">{last}</span>
        </span>
        {unread !== undefined && <span className="badge">{unread}</span>}
      </span>
    </span>
  </div>
)

const Line = ({ text, time, sender, id = 0 }: { text: string; time: string; sender?: string; id?: number }) => (
  <div className={sender === undefined ? "line line-own line-first" : "line line-first"}>
    {sender !== undefined && (
      <span className="line-avatar">
        <Avatar id={id} name={sender} size="s" />
      </span>
    )}
    <div className={sender === undefined ? "bubble bubble-own bubble-last" : "bubble bubble-last"}>
      {sender !== undefined && <span className={`bubble-sender hue-${hue(id)}`}>{sender}</span>}
      <div className="bubble-body">
        <span className="bubble-text">{text}</span>
        <span className="bubble-meta">
          {time}
          {sender === undefined && (
            <span className="status status-read">
              <Ticks status="read" />
            </span>
          )}
        </span>
      </div>
    </div>
  </div>
)

export const Preview = ({ words }: { words: Words }) => {
  const [lena = "", tom = ""] = words.names
  const [mira = "", saved = "", office = ""] = words.others
  const [ofMira = "", ofSaved = "", ofOffice = ""] = words.lasts
  return (
    <div className="preview" role="img" aria-label={words.label}>
      <div className="preview-list">
        <Row id={12} name={words.group} last={words.typing} chosen />
        <Row id={5} name={mira} last={ofMira} unread={2} />
        <Row id={9} name={saved} last={ofSaved} />
        <Row id={6} name={office} last={ofOffice} />
      </div>
      <div className="preview-wall">
        <p className="chip-line">
          <span className="chip">{words.day}</span>
        </p>
        <Line id={3} sender={lena} text={words.first} time="18:04" />
        <Line text={words.mine} time="18:06" />
        <Line id={7} sender={tom} text={words.photo} time="18:07" />
        <Line text={words.reply} time="18:09" />
        <span className="chip preview-typing">
          <Icon name="pencil" size={15} />
          {words.typing}
        </span>
      </div>
    </div>
  )
}
