import { beforeEach, expect, test, vi } from "vitest";
import type { Api, InboxPage } from "../src/api.js";
import { InboxPages } from "../src/inbox_pages.js";
import { type Notification, readNotification } from "../src/notifications.js";

const entry = (id: string) =>
  readNotification({ id, stream: "general", timestamp: id, seq: Number(id) }) as Notification;
const page = (nextCursor: string | null, ...ids: string[]): InboxPage => ({
  entries: ids.map(entry),
  counts: { unread: 1, unseen: 1 },
  nextCursor,
});

const inbox = vi.fn<Api["inbox"]>();
let pages: InboxPages;

beforeEach(() => {
  inbox.mockReset();
  pages = new InboxPages({ inbox } as unknown as Api);
});

const idsOf = (entries: readonly Notification[]) => entries.map(({ id }) => id);

test("the newest page comes first, and says whether there is more", async () => {
  inbox.mockResolvedValue(page("c", "9", "8"));
  const { into, counts } = await pages.newest([]);

  expect(idsOf(into([]))).toEqual(["9", "8"]);
  expect(counts).toEqual({ unread: 1, unseen: 1 });
  expect(pages.hasMore).toBe(true);
});

test("a page that is all there is says what is gone", async () => {
  inbox.mockResolvedValueOnce(page("c", "9", "8")).mockResolvedValue(page(null));
  const known = (await pages.newest([])).into([]);
  const { into } = await pages.newest(known);

  expect(idsOf(into(known))).toEqual([]);
});

test("older ones come from where the last page ended", async () => {
  inbox.mockResolvedValueOnce(page("c", "9")).mockResolvedValueOnce(page(null, "8"));
  const known = (await pages.newest([])).into([]);
  const { into } = await pages.older(known);

  expect(idsOf(into(known))).toEqual(["9", "8"]);
  expect(inbox).toHaveBeenLastCalledWith({ limit: 50, cursor: "c" });
  expect(pages.hasMore).toBe(false);
});

test("to read the newest again does not lose the place", async () => {
  inbox.mockResolvedValueOnce(page("c", "9")).mockResolvedValueOnce(page("d", "8"));
  const first = (await pages.newest([])).into([]);
  const known = (await pages.older(first)).into(first);
  inbox.mockResolvedValueOnce(page("c", "9")).mockResolvedValueOnce(page(null, "7"));
  await pages.newest(known);
  await pages.older(known);
  expect(inbox).toHaveBeenLastCalledWith({ limit: 50, cursor: "d" });
  expect(pages.hasMore).toBe(false);
  inbox.mockResolvedValueOnce(page("c", "9"));
  await pages.newest(known);

  expect(pages.hasMore).toBe(false);
});

test("but what is missing between it and what is known can be had", async () => {
  inbox.mockResolvedValueOnce(page("c", "5")).mockResolvedValueOnce(page("x", "4"));
  const first = (await pages.newest([])).into([]);
  const known = (await pages.older(first)).into(first);
  inbox.mockResolvedValueOnce(page("d", "9", "8")).mockResolvedValueOnce(page("e", "7", "6"));
  const newer = (await pages.newest(known)).into(known);
  const { into } = await pages.older(newer);

  expect(inbox).toHaveBeenLastCalledWith({ limit: 50, cursor: "d" });
  expect(idsOf(into(newer))).toEqual(["9", "8", "7", "6", "5", "4"]);
});

test("after a rewind, pages that are known are turned over", async () => {
  inbox.mockResolvedValue(page("c", "9", "8"));
  const known = (await pages.newest([])).into([]);
  pages.rewind();
  expect(pages.hasMore).toBe(true);
  inbox.mockResolvedValueOnce(page("c", "9", "8")).mockResolvedValueOnce(page("d", "7"));
  const { into } = await pages.older(known);

  expect(idsOf(into(known))).toEqual(["9", "8", "7"]);
});
