/** Where a client stands between its server and the open sea. */
import type { HeliographError } from "./errors.js";

/** idle → connecting → connected ⇄ recovering; it ends as disconnected or refused. */
export type Status =
  | "idle"
  | "connecting"
  | "connected"
  | "recovering"
  | "disconnected"
  | "refused";

/** A new state. `error`: what led to it; `retryInMs`: until the next try. */
export interface Change {
  readonly status: Status;
  readonly error: HeliographError | null;
  readonly retryInMs: number | null;
}
