import { expect, test } from "vitest";
import { readNotification } from "../src/notifications.js";

test("what the server says is what is read", () => {
  const said = {
    ...{ id: "n", notification_type: "t", title: "T", message: "M", priority: "high" },
    ...{ data: { a: 1 }, sender: { id: "bob", roles: ["manager"] }, timestamp: "2026" },
    ...{ stream: "user:alice", topic: "user:alice", epoch: "e", seq: 4, expires_at: "2027" },
    ...{ collapse_key: "k", unread: 5, unseen: 3, replay: true },
    ...{ seen_at: "2026", read_at: null, archived_at: null },
  };

  expect(readNotification({ type: "notification", surplus: 1, ...said })).toEqual(said);
});

test("what is missing has a default", () => {
  expect(readNotification({ id: "n", topic: "a", seq: "seven" })).toMatchObject({
    priority: "normal",
    stream: "a",
    data: {},
    sender: { id: "", roles: [] },
    seq: null,
    replay: false,
  });
});

test("without an id it is none", () => {
  expect(readNotification({ title: "T" })).toBeNull();
});
