import { expect, test } from "vitest";
import { Presence, type PresenceByTopic, readPresenceState } from "../src/presence.js";

const ROOM = "room:1";
const bob = { user_id: "bob", connections: 1, since: "2026-01-01" };
const frame = (type: string, fields: object = {}) => ({ type, topic: ROOM, ...fields });
const state = frame("presence_state", { count: 1, users: [bob], truncated: false });
const join = (user_id: string, at: string, count = 2) =>
  frame("presence_join", { user_id, count, at });
const leave = (user_id: string, at: string, count = 0) =>
  frame("presence_leave", { user_id, count, at });

function after(...frames: object[]): PresenceByTopic {
  const presence = new Presence();
  return frames.reduce<PresenceByTopic>(
    (states, each) => presence.after(states, each as never),
    {},
  );
}

const users = (states: PresenceByTopic) => states[ROOM]?.users.map(({ user_id }) => user_id);

test("it begins with the server's word", () => {
  expect(after(state)).toEqual({ [ROOM]: { count: 1, users: [bob], truncated: false } });
});

test("what is missing has a default", () => {
  expect(readPresenceState({ users: [{}, 7] })).toEqual({
    count: 0,
    users: [{ user_id: "", connections: 0, since: "" }],
    truncated: false,
  });
});

test("who comes is in it, and who leaves is not", () => {
  expect(users(after(state, join("carol", "2026-02-01")))).toEqual(["bob", "carol"]);
  expect(after(state, leave("bob", "2026-02-01"))[ROOM]).toMatchObject({ users: [], count: 0 });
});

test("a frame that comes twice changes nothing", () => {
  const twice = after(state, join("carol", "2026-02-01"), join("carol", "2026-02-01"));

  expect(users(twice)).toEqual(["bob", "carol"]);
});

test("who leaves is not counted any more, though only some are shown", () => {
  const some = after({ ...state, count: 101, truncated: true }, leave("zoe", "2026-02-01", 100));

  expect(some[ROOM]).toEqual({ count: 100, users: [bob], truncated: true });
});

test("of two about one user the later is right", () => {
  expect(users(after(state, leave("bob", "2026-02-02"), join("bob", "2026-02-01")))).toEqual([]);
});

test("a topic that nobody has asked about is left alone", () => {
  const states = {};

  expect(new Presence().after(states, join("carol", "2026"))).toBe(states);
  expect(new Presence().after(states, { type: "pong" })).toBe(states);
});
