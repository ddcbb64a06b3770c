/** Toasts: said to whoever cannot see them, and gone by themselves unless somebody is at them. */
import { type FocusEvent, useEffect, useState } from "react";
import type { Notification } from "../src/index.js";
import { ICONS } from "./icons.js";
import type { Toasts } from "./use_toasts.js";

export const SHOWN_MS = 6_000;
export const URGENT_SHOWN_MS = 15_000;

export function Toaster({ user, toasts, dismiss }: Omit<Toasts, "show"> & { user: string }) {
  const [isHovered, setHovered] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const isEmpty = toasts.length === 0;
  // What was under the pointer is gone, and nothing says so.
  useEffect(() => {
    if (!isEmpty) return;
    setHovered(false);
    setFocused(false);
  }, [isEmpty]);
  const shown = (isUrgent: boolean) =>
    toasts
      .filter(({ priority }) => (priority === "urgent") === isUrgent)
      .map((each) => (
        <Toast
          key={each.id}
          {...{ user, dismiss, notification: each }}
          isPaused={isHovered || isFocused}
        />
      ));
  const hasLeft = ({ currentTarget, relatedTarget }: FocusEvent) =>
    !currentTarget.contains(relatedTarget);
  return (
    <section
      className="toasts"
      aria-label={`What has just arrived for ${user}`}
      onMouseEnter={() => setHovered(true)}
      onMouseLeave={() => setHovered(false)}
      onFocus={() => setFocused(true)}
      onBlur={(event) => hasLeft(event) && setFocused(false)}
    >
      <div aria-live="assertive">{shown(true)}</div>
      <div aria-live="polite">{shown(false)}</div>
    </section>
  );
}

interface ToastProps {
  readonly user: string;
  readonly notification: Notification;
  readonly isPaused: boolean;
  readonly dismiss: (id: string) => void;
}

function Toast({ user, notification, isPaused, dismiss }: ToastProps) {
  const { id, title, message, priority } = notification;
  useEffect(() => {
    if (isPaused) return;
    const milliseconds = priority === "urgent" ? URGENT_SHOWN_MS : SHOWN_MS;
    const timer = setTimeout(() => dismiss(id), milliseconds);
    return () => clearTimeout(timer);
  }, [id, isPaused, priority, dismiss]);
  return (
    <div className={`toast ${priority}`}>
      <div className="toast-text">
        <span className="toast-for">
          For {user}
          {priority === "urgent" && " · urgent"}
        </span>
        <b>{title}</b>
        {message && <span>{message}</span>}
      </div>
      <button
        type="button"
        className="quiet square"
        aria-label={`Dismiss ${title}`}
        onClick={() => dismiss(id)}
      >
        {ICONS.close}
      </button>
    </div>
  );
}
