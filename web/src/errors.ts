/** The one error of this client, and its kinds. */
import type { Position } from "./position.js";

/**
 * - `lost`: the socket closed, or never opened, and nobody said why
 * - `no_answer`: the socket is open, but an answer did not come in time
 * - `closed`: the client was closed by its owner, or is not open yet
 * - `queue_full`: too much was sent while there was no connection
 * - `refused`: the server ended the connection, or would not open it (`code`)
 * - `request_refused`: the server would not do what one message asked (`code`)
 * - `api`: an HTTP request was answered with a problem (`code`, `status`)
 * - `token`: there was no token to be had
 */
export type ErrorKind =
  | "lost"
  | "no_answer"
  | "closed"
  | "queue_full"
  | "refused"
  | "request_refused"
  | "api"
  | "token";

export interface ErrorDetails {
  /** A number of the protocol, which never changes its meaning. */
  readonly code?: number;
  /** What the protocol calls the code. */
  readonly codeName?: string;
  readonly topic?: string;
  /** Of a `subscribe`: what was refused, each with a `topic`, and what is subscribed all the same. */
  readonly refusals?: readonly HeliographError[];
  readonly accepted?: readonly string[];
  /** Whether the same may succeed later, and when. */
  readonly temporary?: boolean;
  readonly retryAfterMs?: number;
  /** Of `refused`: false where the server asks to stay away, whatever the code. */
  readonly reconnect?: boolean;
  /** Of a replay: why a position cannot be served, and where to go on instead. */
  readonly reason?: string;
  readonly position?: Position;
  readonly status?: number;
  readonly requestId?: string;
}

export interface HeliographError extends ErrorDetails {}

/** Anything that this client throws on purpose. `kind` says what it is. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the details are assigned as they come.
export class HeliographError extends Error {
  override readonly name = "HeliographError";

  constructor(
    readonly kind: ErrorKind,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message);
    Object.assign(this, details);
  }
}

/** Whether the same may succeed later. A hello is answered with an error too; getToken may throw the API's. */
export function isTemporary({ kind, temporary }: HeliographError): boolean {
  return kind === "request_refused" || kind === "api" ? temporary === true : kind !== "closed";
}

/** What is thrown as it is; anything else as the error of that kind. */
export function asError(thrown: unknown, kind: ErrorKind): HeliographError {
  return thrown instanceof HeliographError
    ? thrown
    : new HeliographError(kind, thrown instanceof Error ? thrown.message : String(thrown));
}

/** Whatever was asked for will not come any more. */
export function closedByOwner(): HeliographError {
  return new HeliographError("closed", "it was closed by its owner");
}
