/** How the connection is, in words and with a sign. */
import type { ReactNode } from "react";
import type { Status } from "../src/index.js";
import { ICONS } from "./icons.js";

const WORDS: Record<Status, string> = {
  idle: "Signed out",
  connecting: "Connecting…",
  connected: "Connected",
  recovering: "Lost – coming back…",
  disconnected: "Closed",
  refused: "Refused – it does not try again",
};

interface Props {
  readonly status: Status;
  readonly error: string | null;
  readonly onReconnect: () => void;
  readonly children: ReactNode;
}

export function ConnectionStatus({ status, error, onReconnect, children }: Props) {
  const mayHurry = status === "recovering" || status === "refused";
  return (
    <div className="connection">
      <div className="row">
        <p className="status" role="status" data-status={status}>
          {ICONS[status]} {WORDS[status]}
        </p>
        {mayHurry && (
          <button type="button" className="quiet" onClick={onReconnect}>
            Try now
          </button>
        )}
      </div>
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      {children}
    </div>
  );
}
