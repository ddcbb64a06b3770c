/** Sends to the other user, or to everybody in a topic. */
import { type FormEvent, useId, useState } from "react";
import type { Priority } from "../src/index.js";
import { SENDER } from "./accounts.js";
import { broadcastTo, deliverTo } from "./sending.js";

const PRIORITIES = ["low", "normal", "high", "urgent"] as const;

interface Props {
  readonly user: string;
  readonly other: string;
}

export function SendForm({ user, other }: Props) {
  const id = useId();
  const [isToTopic, setToTopic] = useState(false);
  const [outcome, setOutcome] = useState({ words: "", isError: false });
  const [isSending, setSending] = useState(false);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const field = (name: string) => String(fields.get(name) ?? "");
    const priority = field("priority") as Priority;
    const draft = { title: field("title"), message: field("message"), priority };
    setSending(true);
    try {
      const sent = isToTopic ? broadcastTo(field("topic"), draft) : deliverTo(other, draft);
      setOutcome({ words: await sent, isError: false });
    } catch (error) {
      setOutcome({ words: `Not sent: ${(error as Error).message}`, isError: true });
    }
    setSending(false);
  }

  return (
    <section className="part" aria-labelledby={id}>
      <div className="row spread">
        <h3 id={id}>Send</h3>
        <fieldset className="switch">
          <legend className="unseen">Send to</legend>
          <Choice
            {...{ id }}
            chosen={!isToTopic}
            choose={() => setToTopic(false)}
            label={`to ${other}`}
          />
          <Choice
            {...{ id }}
            chosen={isToTopic}
            choose={() => setToTopic(true)}
            label="to a topic"
          />
        </fieldset>
      </div>
      <form className="send" onSubmit={send}>
        {isToTopic && (
          <label className="wide">
            Topic <input name="topic" defaultValue="orders:7" required {...AS_WRITTEN} />
          </label>
        )}
        <label>
          Title <input name="title" defaultValue={`Hello from ${user}`} maxLength={200} required />
        </label>
        <label>
          Message <input name="message" maxLength={4000} placeholder="none" autoComplete="off" />
        </label>
        <label>
          Priority{" "}
          <select name="priority" defaultValue="normal">
            {PRIORITIES.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <div className="row wide">
          <button type="submit" className="primary" disabled={isSending}>
            Send
          </button>
          <p className={outcome.isError ? "hint error" : "hint"} role="status">
            {outcome.words || `${SENDER} sends it for ${user}: sending takes a role.`}
          </p>
        </div>
      </form>
    </section>
  );
}

const AS_WRITTEN = { autoCapitalize: "none", autoComplete: "off", spellCheck: false };

interface ChoiceProps {
  /** Of all choices among which this is one. */
  readonly id: string;
  readonly chosen: boolean;
  readonly choose: () => void;
  readonly label: string;
}

function Choice({ id, chosen, choose, label }: ChoiceProps) {
  return (
    <label>
      <input type="radio" name={`to ${id}`} checked={chosen} onChange={choose} />
      <span>{label}</span>
    </label>
  );
}
