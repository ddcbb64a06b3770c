import { expect, test } from "vitest";
import { countsAfterArrival, countsAfterFrame, isBehind, NO_COUNTS } from "../src/counts.js";
import { readNotification } from "../src/notifications.js";

const counts = { unread: 2, unseen: 1 };
const arrival = (fields: object) => {
  const read = readNotification({ id: "n", stream: "general", seq: 1, ...fields });
  if (!read) throw new Error("no notification");
  return read;
};

test.each(["welcome", "unread_count_changed", "marked"])("a %s says them", (type) => {
  expect(countsAfterFrame(counts, { type, unread: 5, unseen: 4 })).toEqual({
    unread: 5,
    unseen: 4,
  });
});

test("what says nothing changes nothing", () => {
  expect(countsAfterFrame(counts, { type: "welcome", unread: null, unseen: null })).toBe(counts);
  expect(countsAfterFrame(counts, { type: "pong", unread: 9, unseen: 9 })).toBe(counts);
});

test("a notification to a user says them too", () => {
  expect(countsAfterArrival(counts, arrival({ unread: 7, unseen: 6 }))).toEqual({
    unread: 7,
    unseen: 6,
  });
});

test("one to everybody does not, and counts as one more", () => {
  expect(countsAfterArrival(counts, arrival({}))).toEqual({ unread: 3, unseen: 2 });
});

test("what is in no inbox, or in the welcome's counts already, does not count", () => {
  expect(countsAfterArrival(counts, arrival({ stream: "orders:1" }))).toBe(counts);
  expect(countsAfterArrival(counts, arrival({ seq: null }))).toBe(counts);
  expect(countsAfterArrival(counts, arrival({ replay: true }))).toBe(counts);
});

test("a welcome shows whether something was marked elsewhere", () => {
  const resume = { general: { replayed: 3 }, "orders:1": { replayed: 9 } };

  expect(isBehind(counts, { type: "welcome", unread: 5, resume })).toBe(false);
  expect(isBehind(counts, { type: "welcome", unread: 4, resume })).toBe(true);
  expect(isBehind(counts, { type: "welcome", unread: null, resume })).toBe(false);
  expect(isBehind(NO_COUNTS, { type: "welcome", unread: 0 })).toBe(false);
});
