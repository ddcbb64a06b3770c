import { expect, test } from "vitest";
import { type ErrorDetails, type ErrorKind, HeliographError } from "../src/errors.js";
import { Recovery } from "../src/recovery.js";

const error = (kind: ErrorKind, details: ErrorDetails = {}) =>
  new HeliographError(kind, "why", details);
const refused = (code: number, details: ErrorDetails = {}) =>
  error("refused", { code, ...details });
const recovery = (renewable = true) => new Recovery(() => 1, renewable);

const TEMPORARY: [string, HeliographError][] = [
  ["a lost connection", error("lost")],
  ["an answer that did not come", error("no_answer")],
  ["a token that was not to be had", error("token")],
  ["a busy API", error("api", { status: 503, temporary: true })],
  ["a busy server's answer to hello", error("request_refused", { code: 4503, temporary: true })],
  ["a full server", refused(4100)],
];
const FINAL: [string, HeliographError][] = [
  ["a login that is refused", error("api", { status: 401, temporary: false })],
  ["a hello that is wrong", error("request_refused", { code: 4400 })],
  ["a closed client", error("closed")],
  ["4000", refused(4000)],
  ["4003", refused(4003)],
  ["4004", refused(4004)],
  ["4008", refused(4008)],
  ["a code above all that end a connection", refused(4404)],
  ["a server that asks to stay away", refused(4200, { reconnect: false })],
];

test.each(TEMPORARY)("%s: back off, further each time", (_, why) => {
  const tries = recovery();

  expect([1, 2, 3, 4].map(() => tries.delayAfter(why, 0))).toEqual([1000, 2000, 4000, 8000]);
});

test.each(FINAL)("%s: no next try", (_, why) => {
  expect(recovery().delayAfter(why, 10_000)).toBeNull();
});

test.each([4001, 4002])("%i: another token, once", (code) => {
  const tries = recovery();

  expect(tries.delayAfter(refused(code), 0)).toBe(0);
  expect(tries.delayAfter(refused(code), 5_000)).toBeNull();
});

test("a token that cannot be had anew is refused for good", () => {
  expect(recovery(false).delayAfter(refused(4001), 0)).toBeNull();
});

test("a stable connection allows another new token", () => {
  const tries = recovery();
  tries.delayAfter(refused(4002), 0);

  expect(tries.delayAfter(refused(4002), 30_000)).toBe(0);
});

test("a rollover reconnects after what the server asks, but not twice in a row", () => {
  const tries = recovery();

  expect(tries.delayAfter(refused(4200, { retryAfterMs: 250 }), 5_000)).toBe(250);
  expect(tries.delayAfter(refused(4200, { retryAfterMs: 250 }), 5_000)).toBe(1250);
});

test("a stable connection resets the back-off, and only a stable one", () => {
  const tries = recovery();
  tries.delayAfter(error("lost"), 0);

  expect(tries.delayAfter(error("lost"), 29_999)).toBe(2000);
  expect(tries.delayAfter(error("lost"), 30_000)).toBe(1000);
});

test("a named delay is kept", () => {
  const limited = error("api", { temporary: true, retryAfterMs: 30_000 });

  expect(recovery().delayAfter(limited, 0)).toBe(30_000);
});
