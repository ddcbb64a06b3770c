/** The list of notifications as the user's inbox has it, newest first (sans-I/O). */
import { type Body, text, texts } from "./fields.js";
import type { Notification } from "./notifications.js";
import { isImplicit } from "./topics.js";

export type Entries = readonly Notification[];

/** Of those in one stream with the same `collapse_key` only the newest stays. */
export function withArrival(entries: Entries, arrival: Notification): Entries {
  if (entries.some(({ id }) => id === arrival.id)) return entries;
  const others = entries.filter((each) => !collapses(each, arrival));
  const place = others.findIndex((each) => isNewer(arrival, each));
  const index = place < 0 ? others.length : place;
  return [...others.slice(0, index), arrival, ...others.slice(index)];
}

/** A page of the inbox says more than what was heard: it knows what was marked. */
export function withPage(entries: Entries, page: Entries): Entries {
  const known = new Map(page.map((each) => [each.id, each]));
  const kept = entries.map((each) => known.get(each.id) ?? each);
  return page.reduce(withArrival, kept as Entries);
}

/**
 * The first page also knows what is not in the inbox any more, but not what has come since.
 * `known`: what was shown when it was asked for, if it is the last page, too.
 */
export function withFirstPage(entries: Entries, page: Entries, known: Entries = []): Entries {
  const [newest] = page;
  const oldest = page.at(-1);
  const ids = new Set(page.map(({ id }) => id));
  const knownIds = new Set(known.map(({ id }) => id));
  const isOlder = (each: Notification) => !newest || each.timestamp < newest.timestamp;
  const isWithin = (each: Notification) => oldest && each.timestamp > oldest.timestamp;
  const isGone = (each: Notification) =>
    isImplicit(each.stream) &&
    each.seq !== null &&
    isOlder(each) &&
    (isWithin(each) || knownIds.has(each.id)) &&
    !ids.has(each.id);
  return withPage(
    entries.filter((each) => !isGone(each)),
    page,
  );
}

/** After a `notification_updated`. `ids` null: all of then, or what is older than `before`. */
export function withMarks(entries: Entries, frame: Body): Entries {
  const ids = frame["ids"] === null ? null : texts(frame, "ids");
  const state = text(frame, "state");
  const at = text(frame, "at");
  const before = text(frame, "before") || at;
  const isMeant = (each: Notification) => (ids ? ids.includes(each.id) : each.timestamp < before);
  const marked = entries.map((each) => (isMeant(each) ? withMark(each, state, at) : each));
  return state === "archived" ? marked.filter(({ archived_at }) => !archived_at) : marked;
}

/** `read` implies `seen`; `unread` takes back `read` only; what is marked twice keeps its first time. */
function withMark(entry: Notification, state: string, at: string): Notification {
  const seen_at = entry.seen_at ?? at;
  if (state === "seen") return { ...entry, seen_at };
  if (state === "read") return { ...entry, seen_at, read_at: entry.read_at ?? at };
  if (state === "unread") return { ...entry, read_at: null };
  return state === "archived" ? { ...entry, archived_at: at } : entry;
}

function collapses(older: Notification, newer: Notification): boolean {
  const { collapse_key, stream } = newer;
  return (
    collapse_key !== null &&
    older.collapse_key === collapse_key &&
    older.stream === stream &&
    isNewer(newer, older)
  );
}

/** Numbers order one stream, times the streams among each other. */
function isNewer(one: Notification, other: Notification): boolean {
  const isSameStream = one.stream === other.stream && one.epoch === other.epoch;
  return isSameStream && one.seq !== null && other.seq !== null
    ? one.seq > other.seq
    : one.timestamp >= other.timestamp;
}
