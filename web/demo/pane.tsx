/** One user's side of the page: all of it comes from the hook. */
import { useState } from "react";
import { useWebSocketNotifications } from "../src/react.js";
import { logIn, NAMES, URL } from "./accounts.js";
import { ConnectionStatus } from "./connection_status.js";
import { Inbox } from "./inbox.js";
import { Patterns } from "./patterns.js";
import { SendForm } from "./send_form.js";
import { Toaster } from "./toaster.js";
import { TroubleButtons } from "./trouble.js";
import { useToasts } from "./use_toasts.js";

/** Who is here is told to everybody in it. */
const ROOM = "room:demo";

interface Props {
  readonly user: string;
  readonly other: string;
  readonly onUser: (user: string) => void;
}

export function Pane({ user, other, onUser }: Props) {
  const [isSignedIn, setSignedIn] = useState(true);
  const { show, ...toasts } = useToasts();
  const [late, setLate] = useState<readonly string[]>([]);
  const state = useWebSocketNotifications({
    url: URL,
    user,
    getToken: () => logIn(user),
    enabled: isSignedIn,
    presenceTopics: [ROOM],
    onNotification: (arrival) => {
      show(arrival);
      if (arrival.replay) setLate((before) => [...before, arrival.id]);
    },
    // Nobody sees a connection that is back at once.
    random: () => 0.7 + 0.3 * Math.random(),
  });
  const isOtherHere = state.presence[ROOM]?.users.some(({ user_id }) => user_id === other);

  return (
    <section className="pane" aria-label={user} data-user={user}>
      <header className="part">
        <div className="row spread">
          <h2>{user}</h2>
          <label className="as">
            <span className="unseen">Signed in as</span>
            <select value={user} onChange={({ target }) => onUser(target.value)}>
              {NAMES.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </label>
          <button type="button" className="quiet" onClick={() => setSignedIn(!isSignedIn)}>
            {isSignedIn ? "Sign out" : "Sign in"}
          </button>
        </div>
        <ConnectionStatus
          status={state.status}
          error={state.connectionError}
          onReconnect={state.reconnect}
        >
          {state.isConnected && user !== other && (
            <p className={isOtherHere ? "presence here" : "presence"}>
              {other} is {isOtherHere ? "online" : "away"}
            </p>
          )}
        </ConnectionStatus>
      </header>
      <SendForm user={user} other={other} />
      <Inbox {...state} user={user} late={late} />
      <Patterns {...state} />
      <TroubleButtons {...state} user={user} />
      <Toaster {...toasts} user={user} />
    </section>
  );
}
