/** Topics and wildcards that the user has subscribed. */
import { type FormEvent, useEffect, useId, useState } from "react";
import type { WebSocketNotifications } from "../src/react.js";

type Props = Pick<WebSocketNotifications, "subscribePattern" | "unsubscribePattern">;

const FIRST = "orders:*";

export function Patterns({ subscribePattern, unsubscribePattern }: Props) {
  const id = useId();
  const [patterns, setPatterns] = useState<readonly string[]>([FIRST]);
  const [refusal, setRefusal] = useState("");
  useEffect(() => {
    subscribePattern(FIRST).catch(() => {}); // The status says so.
  }, [subscribePattern]);

  async function subscribe(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const pattern = String(new FormData(form).get("pattern")).trim();
    setRefusal("");
    try {
      await subscribePattern(pattern);
      setPatterns((before) => [...new Set([...before, pattern])]);
      form.reset();
    } catch (error) {
      setRefusal((error as Error).message);
    }
  }

  function unsubscribe(pattern: string) {
    setPatterns((before) => before.filter((each) => each !== pattern));
    unsubscribePattern(pattern).catch(() => {});
  }

  return (
    <section className="part topics" aria-labelledby={id}>
      <h3 id={id}>Topics</h3>
      <div className="row">
        {patterns.length > 0 && (
          <ul className="row" aria-labelledby={id}>
            {patterns.map((each) => (
              <li key={each} className="chip">
                <code>{each}</code>
                <button
                  type="button"
                  className="quiet"
                  aria-label={`Unsubscribe ${each}`}
                  onClick={() => unsubscribe(each)}
                >
                  Leave
                </button>
              </li>
            ))}
          </ul>
        )}
        <form className="row grow" onSubmit={subscribe}>
          <label className="grow">
            <span className="unseen">Topic or wildcard</span>
            <input
              name="pattern"
              placeholder="builds:1 or builds:*"
              required
              {...{ autoCapitalize: "none", autoComplete: "off", spellCheck: false }}
            />
          </label>
          <button type="submit">Subscribe</button>
        </form>
      </div>
      {refusal && (
        <p className="error" role="alert">
          {refusal}
        </p>
      )}
    </section>
  );
}
