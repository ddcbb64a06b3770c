/** Drawings; whoever cannot see them misses nothing. */
import type { ReactNode } from "react";

function drawing(content: ReactNode) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {content}
    </svg>
  );
}

export const ICONS = {
  idle: drawing(<circle cx="8" cy="8" r="5" />),
  connecting: drawing(<path d="M8 3a5 5 0 1 1-5 5" />),
  connected: drawing(<path d="m3 8.5 3.5 3.5L13 4.5" />),
  recovering: drawing(<path d="M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3" />),
  disconnected: drawing(<path d="M4 4h8v8H4z" />),
  refused: drawing(<path d="M8 2.5v7M8 12.5v1" />),
  close: drawing(<path d="m4 4 8 8M12 4l-8 8" />),
  archive: drawing(<path d="M2.5 3.5h11v3h-11zM3.5 6.5v6h9v-6M6.5 9h3" />),
};

/** A heliograph: a mirror that blinks. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" width="26" height="26" aria-hidden="true">
      <circle cx="8.5" cy="10" r="6" />
      <path d="M8.5 16v5M4.5 21.5h8M17.5 6.5l4-2M18.3 10H23M17.5 13.5l4 2" />
    </svg>
  );
}
