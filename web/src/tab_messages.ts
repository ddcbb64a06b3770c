/** What tabs say to each other. */
import { type ErrorDetails, type ErrorKind, HeliographError } from "./errors.js";
import type { LinkEvents } from "./link.js";
import type { PositionMap } from "./position.js";
import type { Change } from "./states.js";

/** Where the line is: enough for another tab to go on with it. */
export interface Standing {
  readonly topics: readonly string[];
  readonly positions: PositionMap;
}

/** Methods of a line that a tab without one calls in the tab that has it. */
export type Method = "subscribe" | "unsubscribe" | "request" | "send" | "probe" | "reconnect";

export interface Join {
  readonly kind: "join";
  readonly from: string;
  readonly topics: readonly string[];
  /** Where the tab was: a leader that was not there may be ahead of it. */
  readonly positions: PositionMap | undefined;
  /** A leader that may have been refused meanwhile, and asks for no try. */
  readonly answers: boolean;
}

export interface Leave {
  readonly kind: "leave";
  readonly from: string;
}

/** There is a new leader: who is there, and what is not answered yet? */
export interface Lead {
  readonly kind: "lead";
}

/** The line said something, and stands there. `to`: to a tab that has joined, how it is. */
export interface Heard {
  readonly kind: "heard";
  readonly to?: string;
  readonly name: keyof LinkEvents;
  readonly value: unknown;
  readonly standing: Standing;
  /** Whether it has begun where that tab was, so that it stands where that tab does. */
  readonly isOurs?: boolean;
}

export interface Call {
  readonly kind: "call";
  readonly from: string;
  readonly number: number;
  readonly method: Method;
  readonly values: readonly unknown[];
}

export interface Answer {
  readonly kind: "answer";
  readonly to: string;
  readonly number: number;
  readonly value?: unknown;
  readonly error?: PackedError;
  readonly standing: Standing;
}

export type TabMessage = Join | Leave | Lead | Heard | Call | Answer;

/** Between tabs an error would lose everything but its message. */
export interface PackedError {
  readonly kind: ErrorKind;
  readonly text: string;
  readonly details: ErrorDetails;
  readonly refusals: readonly PackedError[];
}

export function packError(error: HeliographError): PackedError {
  const { kind, message, refusals = [], ...details } = error;
  return { kind, text: message, details, refusals: refusals.map(packError) };
}

export function unpackError({ kind, text, details, refusals }: PackedError): HeliographError {
  return new HeliographError(kind, text, {
    ...details,
    ...(refusals.length && { refusals: refusals.map(unpackError) }),
  });
}

/** An event's value on its way: a change and an error carry errors. */
export function pack<Name extends keyof LinkEvents>(name: Name, value: LinkEvents[Name]): unknown {
  if (name === "error") return packError(value as HeliographError);
  if (name !== "change") return value;
  const change = value as Change;
  return { ...change, error: change.error && packError(change.error) };
}

export function unpack<Name extends keyof LinkEvents>(
  name: Name,
  packed: unknown,
): LinkEvents[Name] {
  if (name === "error") return unpackError(packed as PackedError) as LinkEvents[Name];
  if (name !== "change") return packed as LinkEvents[Name];
  const change = packed as Omit<Change, "error"> & { readonly error: PackedError | null };
  return { ...change, error: change.error && unpackError(change.error) } as LinkEvents[Name];
}
