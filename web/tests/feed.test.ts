import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Feed } from "../src/feed.js";
import type { StoreOptions } from "../src/options.js";
import type { Snapshot } from "../src/snapshot.js";
import { answered, FakeHttp } from "./fakes/http.js";
import { FakeServer, settled } from "./fakes/sockets.js";

let server: FakeServer;
let http: FakeHttp;
let shown: Snapshot[];
let feed: Feed;

beforeEach(() => {
  server = new FakeServer();
  http = new FakeHttp();
  shown = [];
  http.answer("GET /inbox", inbox([], 0));
});

afterEach(() => {
  feed.close();
  vi.useRealTimers();
});

function inbox(entries: object[], unread: number, next_cursor: string | null = null): object {
  const page = { next_cursor, has_more: next_cursor !== null };
  return { entries, counts: { unread, unseen: unread }, page };
}

async function open(options: Partial<StoreOptions> = {}, welcome: object = {}): Promise<void> {
  const known = { url: "http://heliograph.test", token: "t", random: () => 0 };
  feed = new Feed(
    { ...known, WebSocket: server.WebSocket, fetch: http.fetch, ...options },
    ["a"],
    (snapshot) => shown.push(snapshot),
  );
  feed.client.open();
  await server.welcome(welcome);
}

const last = () => shown.at(-1);
const ids = () => last()?.notifications.map(({ id }) => id);

async function say(frame: object): Promise<void> {
  server.newest.say(frame);
  await settled();
}

const notify = (id: string, fields: object = {}) =>
  say({ type: "notification", id, stream: "general", timestamp: id, ...fields });

const again = async (welcome: object) => {
  server.newest.drop();
  await vi.waitFor(() => expect(server.sockets).toHaveLength(2));
  await server.welcome(welcome);
};

test("the list is read once there is a connection", async () => {
  http.answer("GET /inbox", inbox([{ id: "1", stream: "general", timestamp: "1" }], 1));
  await open();

  expect(ids()).toEqual(["1"]);
  expect(last()).toMatchObject({ isConnected: true, unreadCount: 1 });
});

test("or not, if nobody wants it", async () => {
  await open({ inbox: false });

  expect(http.requests).toEqual([]);
});

test("what was heard meanwhile is newer than the counts that were asked for", async () => {
  let answer!: (response: Response) => void;
  const slow = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  await open({ fetch: () => slow });
  await notify("2", { unread: 2, unseen: 2 });
  answer(answered(inbox([], 1)));
  await settled();

  expect(last()?.unreadCount).toBe(2);
});

test("and so is what was marked meanwhile", async () => {
  let answer!: (response: Response) => void;
  const slow = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  await open({ fetch: () => slow });
  for (const id of ["1", "2", "3"]) await notify(id);
  const marked = feed.mark(["3"], "archived");
  await settled();
  await say({ type: "marked", id: server.newest.take("mark")?.["id"], unread: 1, unseen: 1 });
  await marked;
  await say({ type: "notification_updated", ids: ["2"], state: "read", at: "4" });
  answer(
    answered(
      inbox(
        ["3", "2", "1"].map((id) => ({ id, stream: "general", timestamp: id })),
        3,
      ),
    ),
  );
  await settled();

  const read = last()?.notifications.map(({ id, read_at }) => [id, read_at]);
  expect(read).toEqual([
    ["2", "4"],
    ["1", null],
  ]);
});

test("no more is kept than is wanted; what is dropped can be had again", async () => {
  await open({ limit: 2 });
  for (const id of ["1", "2", "3"]) await notify(id);

  expect(ids()).toEqual(["3", "2"]);
  expect(last()?.hasMore).toBe(true);
});

test("after a reconnect the list is read again if something was marked elsewhere", async () => {
  await open({}, { unread: 0, unseen: 0 });
  await notify("1", { unread: 1, unseen: 1 });
  const { length } = http.requests;
  await again({ unread: 0, unseen: 0 });

  expect(http.requests).toHaveLength(length + 1);
});

test("and not if nothing was", async () => {
  await open({}, { unread: 0, unseen: 0 });
  await notify("1", { unread: 1, unseen: 1 });
  const { length } = http.requests;
  await again({ unread: 1, unseen: 1 });

  expect(http.requests).toHaveLength(length);
});

test("a list that cannot be read is reported, and what comes live is shown", async () => {
  http.answer("GET /inbox", { detail: "busy", code: 4503 }, 503);
  const onError = vi.fn();
  await open({ onError });
  await notify("1");

  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ status: 503 }));
  expect(last()).toMatchObject({ connectionError: "busy", isConnected: true });
  expect(ids()).toEqual(["1"]);
});

test("it is read with the next connection, though the counts are the same", async () => {
  http.answer("GET /inbox", { detail: "not now", code: 4403 }, 403);
  await open({}, { unread: 1, unseen: 1 });
  await settled();
  http.answer("GET /inbox", inbox([{ id: "1", stream: "general", timestamp: "1" }], 1));
  await again({ unread: 1, unseen: 1 });

  expect(ids()).toEqual(["1"]);
  expect(http.requests).toHaveLength(2);
});

test("one that the server is too busy for is read again, and nobody is to blame then", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  http.answer("GET /inbox", { detail: "busy", code: 4503 }, 503);
  await open({ random: () => 0.5 });
  await vi.advanceTimersByTimeAsync(500);
  expect(last()?.connectionError).toBe("busy");
  http.answer("GET /inbox", inbox([{ id: "1", stream: "general", timestamp: "1" }], 1));
  await vi.advanceTimersByTimeAsync(1000);

  expect(ids()).toEqual(["1"]);
  expect(last()).toMatchObject({ connectionError: null, unreadCount: 1 });
});

test("and no sooner than the server says, nor once it is closed", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  http.answer("GET /inbox", { detail: "busy", code: 4429 }, 429, { "retry-after": "7" });
  await open();
  await vi.advanceTimersByTimeAsync(6_999);
  expect(http.requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(http.requests).toHaveLength(2);
  feed.close();
  await settled();

  expect(vi.getTimerCount()).toBe(0);
});

test("two who ask for more at once get the same", async () => {
  http.answer("GET /inbox", inbox([{ id: "2", timestamp: "2" }], 0, "c"));
  await open();
  http.answer("GET /inbox", inbox([{ id: "1", timestamp: "1" }], 0));
  await Promise.all([feed.loadMore(), feed.loadMore()]);

  expect(ids()).toEqual(["2", "1"]);
  expect(http.requests.filter(({ url }) => url.includes("cursor=c"))).toHaveLength(1);
});

test("more than fit into a message are marked by several", async () => {
  await open();
  const many = Array.from({ length: 101 }, (_, number) => `n${number}`);
  const marked = feed.mark(many, "read");
  for (const count of [100, 1]) {
    await settled();
    const mark = server.newest.take("mark");
    expect(mark?.["ids"]).toHaveLength(count);
    await say({ type: "marked", id: mark?.["id"], unread: 0, unseen: 0 });
  }

  await marked;
});

test("and what was marked is not taken back with what was refused", async () => {
  const many = Array.from({ length: 101 }, (_, number) => `n${number}`);
  await open();
  for (const id of ["n0", "n100"]) await notify(id);
  const refused = expect(feed.mark(many, "read")).rejects.toMatchObject({ code: 4429 });
  await settled();
  await say({ type: "marked", id: server.newest.take("mark")?.["id"], unread: 1, unseen: 0 });
  await say({ type: "error", id: server.newest.take("mark")?.["id"], code: 4429 });
  await refused;

  const unread = last()?.notifications.filter(({ read_at }) => !read_at);
  expect(unread?.map(({ id }) => id)).toEqual(["n100"]);
});

test("what comes after all was marked, and before that is answered, is unread", async () => {
  let answer!: (response: Response) => void;
  const slow = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  await open({ inbox: false, fetch: () => slow });
  await notify("1", { unread: 1, unseen: 1 });
  const marked = feed.markAllAsRead();
  await settled();
  await notify("2", { unread: 1, unseen: 1 });
  answer(answered({ unread: 0, unseen: 0 }));
  await marked;

  const unread = last()?.notifications.filter(({ read_at }) => !read_at);
  expect(unread?.map(({ id }) => id)).toEqual(["2"]);
});

test("once it is closed it shows nothing", async () => {
  await open();
  const { length } = shown;
  const { newest } = server;
  feed.close();
  newest.say({ type: "notification", id: "late" });
  feed.showLast(null);
  await settled();

  expect(shown).toHaveLength(length);
});
