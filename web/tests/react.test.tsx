// @vitest-environment happy-dom
import { act, cleanup, render, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type NotificationOptions, useWebSocketNotifications } from "../src/react.js";
import { FakeHttp } from "./fakes/http.js";
import { FakeServer, settled } from "./fakes/sockets.js";
import { jwtOf } from "./fakes/tokens.js";

let server: FakeServer;
let http: FakeHttp;
let options: NotificationOptions;

beforeEach(() => {
  server = new FakeServer();
  http = new FakeHttp();
  http.answer("GET /inbox", { entries: [], counts: { unread: 0, unseen: 0 }, page: {} });
  options = {
    url: "http://heliograph.test",
    getToken: () => "t",
    shareTabs: false,
    WebSocket: server.WebSocket,
    fetch: http.fetch,
    random: () => 0,
  };
});

afterEach(cleanup);

function use(changes: Partial<NotificationOptions> = {}, strict = false) {
  const wrapper = strict ? { wrapper: StrictMode } : {};
  return renderHook((props: NotificationOptions) => useWebSocketNotifications(props), {
    initialProps: { ...options, ...changes },
    ...wrapper,
  });
}

const welcome = (fields?: object) => act(() => server.welcome(fields));

const say = (frame: object) =>
  act(async () => {
    server.newest.say(frame);
    await settled();
  });

function arrival(id: string, fields: object = {}): object {
  return { type: "notification", id, title: id, stream: "general", topic: "general", ...fields };
}

test("the first users' fields tell of a connection and what comes over it", async () => {
  const { result } = use();
  expect(result.current).toMatchObject({
    isConnected: false,
    notifications: [],
    connectionError: null,
  });
  await welcome();
  await say(arrival("a", { unread: 1, unseen: 1 }));

  expect(result.current.isConnected).toBe(true);
  expect(result.current.notifications.map(({ id }) => id)).toEqual(["a"]);
  expect(result.current.lastNotification?.id).toBe("a");
  expect(result.current.unreadCount).toBe(1);
  act(() => result.current.setLastNotification(null));
  expect(result.current.lastNotification).toBeNull();
});

test("in StrictMode there is one connection, and one token is asked for", async () => {
  const getToken = vi.fn(() => "t");
  const { result } = use({ getToken }, true);
  await welcome();

  expect(result.current.isConnected).toBe(true);
  expect(server.sockets).toHaveLength(1);
  expect(getToken).toHaveBeenCalledTimes(1);
});

test("nothing is left once it is unmounted", async () => {
  const { unmount } = use();
  await welcome();
  unmount();
  await settled();

  expect(server.newest.isClosed).toBe(true);
  expect(server.sockets).toHaveLength(1);
});

test("the functions stay the same from render to render", async () => {
  const { result, rerender } = use();
  const before = result.current;
  await welcome();
  rerender({ ...options, getToken: () => "t", topics: [] });
  const functions = Object.entries(result.current).filter(([, each]) => typeof each === "function");

  expect(functions).toHaveLength(9);
  expect(functions.every(([name, each]) => before[name as keyof typeof before] === each)).toBe(
    true,
  );
});

test("a render with nothing new returns the same object", async () => {
  const { result, rerender } = use();
  await welcome();
  const before = result.current;
  rerender({ ...options });

  expect(result.current).toBe(before);
});

test("patterns are subscribed and given back", async () => {
  const { result } = use();
  await welcome();
  act(() => void result.current.subscribePattern("orders:*"));
  await settled();
  const asked = server.newest.take("subscribe");
  await say({ type: "subscribed", id: asked?.["id"], topic: "orders:*" });
  act(() => void result.current.unsubscribePattern("orders:*"));
  await settled();

  expect(asked).toMatchObject({ topics: ["orders:*"] });
  expect(server.newest.take("unsubscribe")).toMatchObject({ topics: ["orders:*"] });
});

test("a pattern that a child asks for before there is a client is asked for with the hello", async () => {
  function Child({ onMount }: { onMount: (pattern: string) => void }) {
    onMount("orders:*");
    return null;
  }
  function Page() {
    const { subscribePattern } = useWebSocketNotifications(options);
    return <Child onMount={(pattern) => void subscribePattern(pattern)} />;
  }
  render(<Page />);
  let hello: object | undefined;
  await act(async () => {
    hello = await server.welcome();
  });

  expect(hello).toMatchObject({ topics: ["orders:*"] });
});

test("a refusal that nobody catches is shown, and the page lives on", async () => {
  const onError = vi.fn();
  const { result } = use({ onError });
  await welcome();
  act(() => void result.current.subscribePattern("user:bob"));
  await settled();
  const asked = server.newest.take("subscribe");
  await say({
    type: "error",
    id: asked?.["id"],
    code: 4403,
    topic: "user:bob",
    message: "not allowed",
  });

  expect(result.current.connectionError).toBe("not allowed");
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 4403 }));
  expect(result.current.isConnected).toBe(true);
});

test("other topics in a later render are subscribed, and those that are missing given back", async () => {
  const { rerender } = use({ topics: ["a", "b"] });
  await welcome();
  rerender({ ...options, topics: ["b", "c"] });
  await act(settled);

  expect(server.newest.sent.map(({ type, topics }) => [type, topics])).toEqual([
    ["subscribe", ["c"]],
    ["unsubscribe", ["a"]],
  ]);
  expect(server.sockets).toHaveLength(1);
});

test("a message is sent, and waits for a connection", async () => {
  const { result } = use();
  act(() => void result.current.sendMessage({ type: "ack", stream: "a", seq: 1 }));
  await welcome();

  expect(server.newest.take("ack")).toMatchObject({ seq: 1 });
});

test("the inbox is there from the start, and older pages on demand", async () => {
  const entry = (id: string, timestamp: string) => ({
    id,
    title: id,
    timestamp,
    stream: "general",
  });
  http.answer("GET /inbox", {
    entries: [entry("b", "2026-01-02")],
    counts: { unread: 2, unseen: 1 },
    page: { next_cursor: "more", has_more: true },
  });
  const { result } = use();
  await welcome();
  await act(settled);
  expect(result.current).toMatchObject({ unreadCount: 2, unseenCount: 1, hasMore: true });
  http.answer("GET /inbox", {
    entries: [entry("a", "2026-01-01")],
    counts: { unread: 2, unseen: 1 },
    page: { next_cursor: null, has_more: false },
  });
  await act(() => result.current.loadMore());

  expect(result.current.notifications.map(({ id }) => id)).toEqual(["b", "a"]);
  expect(result.current.hasMore).toBe(false);
  expect(http.requests.at(-1)?.url).toContain("cursor=more");
});

test("what is marked is read at once, and unread again if the server will not have it", async () => {
  const { result } = use();
  await welcome();
  await say(arrival("a", { unread: 1, unseen: 1 }));
  act(() => void result.current.markAsRead("a"));
  expect(result.current.notifications[0]?.read_at).toBeTruthy();
  await act(settled);
  const asked = server.newest.take("mark");
  await say({ type: "error", id: asked?.["id"], code: 4503, message: "busy", temporary: true });

  expect(asked).toMatchObject({ ids: ["a"], state: "read" });
  expect(result.current.notifications[0]?.read_at).toBeNull();
});

test("what is archived leaves the list, and the counts are the server's", async () => {
  const { result } = use();
  await welcome();
  await say(arrival("a", { unread: 1, unseen: 1 }));
  act(() => void result.current.archive(["a"]));
  await act(settled);
  await say({ type: "marked", id: server.newest.take("mark")?.["id"], unread: 0, unseen: 0 });

  expect(result.current).toMatchObject({ notifications: [], unreadCount: 0, unseenCount: 0 });
});

test("everything is marked in one request", async () => {
  http.answer("POST /inbox/mark-all", { unread: 0, unseen: 0 });
  const { result } = use();
  await welcome();
  await say(arrival("a", { unread: 1, unseen: 1 }));
  await act(() => result.current.markAllAsRead());

  expect(result.current.unreadCount).toBe(0);
  expect(result.current.notifications[0]?.read_at).toBeTruthy();
});

test("a gap is told, and the list is read again", async () => {
  const onGap = vi.fn();
  const { result } = use({ onGap });
  const standing = { epoch: "e", seq: 5, reason: "no_position" };
  await welcome({ resume: { general: standing } });
  server.newest.drop();
  await act(() => vi.waitFor(() => expect(server.sockets).toHaveLength(2)));
  const asked = http.requests.length;
  await welcome({ resume: { general: { ...standing, epoch: "f", reason: "epoch_changed" } } });
  await act(settled);

  expect(onGap).toHaveBeenCalledWith({ stream: "general", reason: "epoch_changed" });
  expect(http.requests.length).toBeGreaterThan(asked);
  expect(result.current.isConnected).toBe(true);
});

test("who is in a topic is there, and kept up to date", async () => {
  const { result } = use({ presenceTopics: ["room:1"] });
  await welcome();
  const asked = server.newest.take("presence");
  const bob = { user_id: "bob", connections: 1, since: "2026" };
  await say({ type: "presence_state", id: asked?.["id"], topic: "room:1", count: 1, users: [bob] });
  expect(result.current.presence["room:1"]).toMatchObject({ count: 1, users: [bob] });
  await say({ type: "presence_leave", topic: "room:1", user_id: "bob", count: 0, at: "2027" });

  expect(result.current.presence["room:1"]).toMatchObject({ count: 0, users: [] });
});

test("when the network is back it does not wait for its next try", async () => {
  use({ random: () => 0.99 });
  await welcome();
  server.newest.drop();
  await act(settled);
  expect(server.sockets).toHaveLength(1);
  act(() => void window.dispatchEvent(new Event("online")));
  await act(settled);

  expect(server.sockets).toHaveLength(2);
});

describe("who is signed in", () => {
  test("nobody: nothing is opened", async () => {
    const { result } = use({ enabled: false });
    await act(settled);

    expect(server.sockets).toHaveLength(0);
    expect(result.current.status).toBe("idle");
  });

  test("nobody any more: nothing is shown", async () => {
    const { result, rerender } = use();
    await welcome();
    await say(arrival("a"));
    rerender({ ...options, enabled: false });
    await act(settled);

    expect(result.current).toMatchObject({ status: "idle", notifications: [], unreadCount: 0 });
    expect(server.newest.isClosed).toBe(true);
  });

  test("somebody else: another connection, and an empty list", async () => {
    const { getToken: _, ...rest } = options;
    const { result, rerender } = use({ token: jwtOf("alice") });
    rerender({ ...rest, token: jwtOf("alice") });
    await welcome();
    await say(arrival("a"));
    rerender({ ...rest, token: jwtOf("bob") });
    await act(settled);

    expect(server.sockets).toHaveLength(2);
    expect(server.newest.token).toBe(jwtOf("bob"));
    expect(result.current.notifications).toEqual([]);
  });

  test("nobody who is let in: refused, and another connection on demand", async () => {
    const { result } = use();
    await act(settled);
    server.newest.accept();
    await say({ type: "error", code: 4004, message: "too many", fatal: true });
    expect(result.current).toMatchObject({ status: "refused", connectionError: "too many (4004)" });
    act(() => result.current.reconnect());
    await welcome();

    expect(result.current).toMatchObject({ status: "connected", connectionError: null });
  });
});

test("on a server it renders what nobody has heard yet", () => {
  function Page() {
    const { unreadCount, status } = useWebSocketNotifications(options);
    return <b>{`${status} ${unreadCount}`}</b>;
  }

  expect(renderToString(<Page />)).toBe("<b>idle 0</b>");
  expect(server.sockets).toHaveLength(0);
});
