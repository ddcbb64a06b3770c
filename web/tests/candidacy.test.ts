import { beforeEach, expect, test } from "vitest";
import { Candidacy } from "../src/candidacy.js";
import { FakeLocks } from "./fakes/browser.js";
import { settled } from "./fakes/sockets.js";

let locks: LockManager;
let led: string[];

beforeEach(() => {
  locks = new FakeLocks() as unknown as LockManager;
  led = [];
});

const candidacy = (tab: string, name = "lock") => new Candidacy(locks, name, () => led.push(tab));

test("the first leads, and the next once it has given the lock back", async () => {
  const [first, second] = [candidacy("first"), candidacy("second")];
  first.stand();
  second.stand();
  await settled();
  expect(led).toEqual(["first"]);
  first.rest();
  first.giveBack();
  await settled();

  expect(led).toEqual(["first", "second"]);
});

test("who stands twice leads once", async () => {
  const only = candidacy("only");
  only.stand();
  only.stand();
  await settled();

  expect(led).toEqual(["only"]);
});

test("who rests in the queue never leads, and may stand again", async () => {
  const [first, second] = [candidacy("first"), candidacy("second")];
  first.stand();
  second.stand();
  await settled();
  second.rest();
  first.rest();
  first.giveBack();
  await settled();
  expect(led).toEqual(["first"]);
  second.stand();
  await settled();

  expect(led).toEqual(["first", "second"]);
});

test("who rests lets nobody lead until it gives the lock back, or stands again", async () => {
  const [first, second] = [candidacy("first"), candidacy("second")];
  first.stand();
  second.stand();
  await settled();
  first.rest();
  await settled();
  expect(led).toEqual(["first"]);
  first.giveBack();
  await settled();
  expect(led).toEqual(["first", "second"]);
  second.rest();
  second.stand();
  await settled();

  expect(led).toEqual(["first", "second", "second"]);
});

test("where the browser gives locks to nobody, each leads", async () => {
  locks.request = () => Promise.reject(new DOMException("not here", "SecurityError"));
  candidacy("first").stand();
  candidacy("second").stand();
  await settled();

  expect(led).toEqual(["first", "second"]);
});

test("other locks are other lines", async () => {
  candidacy("alice", "alice").stand();
  candidacy("bob", "bob").stand();
  await settled();

  expect(led).toEqual(["alice", "bob"]);
});
