import { expect, test } from "vitest";
import { type Entries, withArrival, withFirstPage, withMarks, withPage } from "../src/inbox.js";
import { type Notification, readNotification } from "../src/notifications.js";

function entry(id: string, fields: object = {}): Notification {
  const known = { id, stream: "general", epoch: "e", timestamp: `2026-01-0${id.slice(-1)}` };
  return readNotification({ ...known, seq: Number(id.slice(-1)), ...fields }) as Notification;
}

const ids = (entries: Entries) => entries.map(({ id }) => id);
const list = (...names: string[]) =>
  names.reduce<Entries>((entries, name) => withArrival(entries, entry(name)), []);

test("the newest is first, however they come", () => {
  expect(ids(list("n1", "n3", "n2"))).toEqual(["n3", "n2", "n1"]);
});

test("numbers order a stream, times the streams among each other", () => {
  const late = entry("n2", { timestamp: "2026-01-09" });
  const other = entry("o1", { stream: "user:alice", timestamp: "2026-01-05" });

  expect(ids(withArrival([entry("n3")], late))).toEqual(["n3", "n2"]);
  expect(ids(withArrival(list("n1", "n9"), other))).toEqual(["n9", "o1", "n1"]);
});

test("one that is known changes nothing", () => {
  const entries = list("n1");

  expect(withArrival(entries, entry("n1"))).toBe(entries);
});

test("of those with the same collapse key only the newest is there", () => {
  const key = { collapse_key: "build" };
  const entries = [entry("n2", key), entry("n1")];

  expect(ids(withArrival(entries, entry("n3", key)))).toEqual(["n3", "n1"]);
  expect(ids(withArrival(entries, entry("o3", { ...key, stream: "user:alice" })))).toContain("n2");
});

test("a page knows what was marked, and brings older ones", () => {
  const read = entry("n2", { read_at: "2026-02-01" });
  const entries = withPage(list("n3", "n2"), [read, entry("n1")]);

  expect(ids(entries)).toEqual(["n3", "n2", "n1"]);
  expect(entries[1]?.read_at).toBe("2026-02-01");
});

test("the first page also knows what is gone, but not what has come since", () => {
  const live = entry("n9");
  const foreign = entry("o3", { stream: "orders:1" });
  const entries = [live, entry("n4"), foreign, entry("n3"), entry("n2"), entry("n1")];

  expect(ids(withFirstPage(entries, [entry("n4"), entry("n2")]))).toEqual([
    "n9",
    "n4",
    "o3",
    "n2",
    "n1",
  ]);
  expect(withFirstPage(entries, [])).toEqual(entries);
});

test("the only page knows of everything that was there when it was asked for", () => {
  const foreign = entry("o3", { stream: "orders:1" });
  const known = [entry("n9"), entry("n4"), foreign, entry("n1")];
  const entries = [...known, entry("n2")];

  expect(ids(withFirstPage(entries, [entry("n4")], known))).toEqual(["n9", "n4", "o3", "n2"]);
  expect(ids(withFirstPage(entries, [], known))).toEqual(["o3", "n2"]);
});

test("what is read is seen, and keeps its first time", () => {
  const marked = withMarks(list("n1"), { ids: ["n1"], state: "read", at: "t1" });

  expect(marked[0]).toMatchObject({ read_at: "t1", seen_at: "t1" });
  expect(withMarks(marked, { ids: ["n1"], state: "read", at: "t2" })).toEqual(marked);
});

test("unread takes back what was read, and no more", () => {
  const read = withMarks(list("n1"), { ids: ["n1"], state: "read", at: "t1" });
  const unread = withMarks(read, { ids: ["n1"], state: "unread", at: "t2" });

  expect(unread[0]).toMatchObject({ read_at: null, seen_at: "t1" });
});

test("what is archived is gone", () => {
  expect(ids(withMarks(list("n1", "n2"), { ids: ["n1"], state: "archived", at: "t" }))).toEqual([
    "n2",
  ]);
});

test("all of then are meant where none is named, or what is older", () => {
  const seen = (frame: object) =>
    withMarks(list("n1", "n2"), { ids: null, state: "seen", at: "t", ...frame })
      .filter(({ seen_at }) => seen_at)
      .map(({ id }) => id);

  expect(seen({})).toEqual(["n2", "n1"]);
  expect(seen({ at: "2026-01-01T12" })).toEqual(["n1"]);
  expect(seen({ before: "2026-01-02" })).toEqual(["n1"]);
});
