/** What has just arrived, until it was looked at. */
import { useCallback, useState } from "react";
import type { Notification } from "../src/index.js";

/** More would hide the page. */
const SHOWN = 3;

export interface Toasts {
  /** The oldest first. */
  readonly toasts: readonly Notification[];
  readonly show: (notification: Notification) => void;
  readonly dismiss: (id: string) => void;
}

export function useToasts(): Toasts {
  const [toasts, setToasts] = useState<readonly Notification[]>([]);
  const show = useCallback(
    (arrival: Notification) => setToasts((before) => [...before, arrival].slice(-SHOWN)),
    [],
  );
  const dismiss = useCallback(
    (id: string) => setToasts((before) => before.filter((each) => each.id !== id)),
    [],
  );
  return { toasts, show, dismiss };
}
