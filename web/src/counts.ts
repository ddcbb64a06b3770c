/** How many notifications are unread and unseen: the server's word, and a guess where it said nothing. */
import type { Counts } from "./api.js";
import { type Body, isBody, mapping, number } from "./fields.js";
import { type Frame, saysCounts } from "./frames.js";
import type { Notification } from "./notifications.js";
import { isImplicit } from "./topics.js";

export const NO_COUNTS: Counts = { unread: 0, unseen: 0 };

/** After a frame that says them; the same object if it does not. */
export function countsAfterFrame(counts: Counts, frame: Frame): Counts {
  return saysCounts(frame) ? said(counts, frame) : counts;
}

/** Broadcasts do not say them; what is replayed is in those of the welcome. */
export function countsAfterArrival(counts: Counts, arrival: Notification): Counts {
  if (arrival.unread !== null || arrival.seq === null || arrival.replay) {
    return said(counts, { unread: arrival.unread, unseen: arrival.unseen });
  }
  if (!isImplicit(arrival.stream)) return counts;
  return { unread: counts.unread + 1, unseen: counts.unseen + 1 };
}

/** Whether something was marked while nobody listened: the list is not what the server has. */
export function isBehind(counts: Counts, welcome: Frame): boolean {
  const missed = Object.entries(mapping(welcome, "resume"))
    .filter(([stream]) => isImplicit(stream))
    .reduce((sum, [, entry]) => sum + (isBody(entry) ? (number(entry, "replayed") ?? 0) : 0), 0);
  const unread = number(welcome, "unread");
  return unread !== null && unread !== counts.unread + missed;
}

function said(counts: Counts, body: Body): Counts {
  const unread = number(body, "unread");
  const unseen = number(body, "unseen");
  return unread === null || unseen === null ? counts : { unread, unseen };
}
