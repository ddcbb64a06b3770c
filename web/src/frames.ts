/** The text on the wire: frames out of it, and what an error frame says. */
import { HeliographError } from "./errors.js";
import { type Body, isBody, number, text, texts } from "./fields.js";
import { readPosition } from "./position.js";

/** One frame of the server. Beside its `type` nothing is sure. */
export interface Frame extends Body {
  readonly type: string;
}

/** A message of the client; `id` is set by who sends it. */
export interface Message extends Body {
  readonly type: string;
}

/** Below it a code ends the connection, from it on only a request. */
const FIRST_REQUEST_CODE = 4400;

/** Null for what is not the protocol: a reader is tolerant. */
export function parse(raw: unknown): Frame | null {
  try {
    const body: unknown = JSON.parse(raw as string);
    return isBody(body) && typeof body["type"] === "string" ? (body as Frame) : null;
  } catch {
    return null;
  }
}

/** The id of the request that the frame answers, or "". */
export function requestOf(frame: Frame): string {
  return text(frame, "id");
}

/** The topic that the frame is about, or "". The first users' server says `pattern`. */
export function topicOf(frame: Body): string {
  return text(frame, "topic") || text(frame, "pattern");
}

/** The topics that a message is answered about, each for itself. */
export function topicsOf(message: Body): string[] {
  const topic = topicOf(message);
  return topic ? [topic] : texts(message, "topics");
}

/** Why the connection ends, if the frame says that it does. */
export function endingOf(frame: Frame): HeliographError | null {
  if (frame.type === "disconnect") {
    const reconnect = frame["reconnect"] !== false;
    const code = number(frame, "code") ?? (reconnect ? 4200 : 4000);
    return refusal(code, text(frame, "reason"), number(frame, "after_ms") ?? 0, reconnect);
  }
  const code = number(frame, "code") ?? 0;
  const fatal = frame["fatal"] === true || (code >= 4000 && code < FIRST_REQUEST_CODE);
  return frame.type === "error" && fatal
    ? refusal(code || 4000, text(frame, "message"), number(frame, "after_ms") ?? 0)
    : null;
}

/** Why it has ended, by its close code. */
export function endingOfClose(code: number, reason: string): HeliographError {
  // API Gateway cannot send codes of ours, but another gateway can.
  return code >= 4000 && code < 5000
    ? refusal(code, reason)
    : new HeliographError("lost", `the connection closed (${code}${reason && ` ${reason}`})`);
}

function refusal(code: number, why: string, retryAfterMs = 0, reconnect = true): HeliographError {
  return new HeliographError("refused", `${why} (${code})`, { code, retryAfterMs, reconnect });
}

export function requestRefusal(frame: Frame): HeliographError {
  const position = readPosition(frame);
  return new HeliographError("request_refused", text(frame, "message"), {
    code: number(frame, "code") ?? 4500,
    codeName: text(frame, "name"),
    temporary: frame["temporary"] === true,
    retryAfterMs: number(frame, "retry_after_ms") ?? 0,
    reason: text(frame, "reason"),
    ...(topicOf(frame) && { topic: topicOf(frame) }),
    ...(position && { position }),
  });
}

/** Whether it says how many are unread, of all that has come by then. */
export function saysCounts({ type }: Frame): boolean {
  return ["welcome", "unread_count_changed", "marked"].includes(type);
}
