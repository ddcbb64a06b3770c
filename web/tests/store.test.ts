import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { StoreOptions } from "../src/options.js";
import { EMPTY } from "../src/snapshot.js";
import { NotificationStore } from "../src/store.js";
import { FakeServer, settled } from "./fakes/sockets.js";

let server: FakeServer;
let store: NotificationStore;
let options: StoreOptions;

beforeEach(() => {
  server = new FakeServer();
  store = new NotificationStore();
  options = {
    ...{ url: "http://heliograph.test", token: "t", inbox: false },
    WebSocket: server.WebSocket,
  };
});

afterEach(() => store.stop());

test("whoever listens hears of each change, until it stops", async () => {
  const heard = vi.fn();
  const stop = store.subscribe(heard);
  store.start(options);
  await server.welcome();
  const { length } = heard.mock.calls;
  expect(length).toBeGreaterThan(0);
  stop();
  store.stop();

  expect(heard.mock.calls).toHaveLength(length);
  expect(store.getSnapshot()).toBe(EMPTY);
});

test("another start ends the one before", async () => {
  store.start(options);
  await server.welcome();
  const [first] = server.sockets;
  store.start(options);
  await server.welcome();

  expect(first?.isClosed).toBe(true);
  expect(store.getSnapshot().isConnected).toBe(true);
});

test("patterns outlive a client, topics of the options do not", async () => {
  await store.subscribePattern("orders:*");
  store.start({ ...options, topics: ["a"], presenceTopics: ["room:1"] });
  expect(await server.welcome()).toMatchObject({ topics: ["a", "room:1", "orders:*"] });
  store.start(options);

  expect(await server.welcome()).toMatchObject({ topics: ["orders:*"] });
});

test("a topic that is wanted otherwise is not given back", async () => {
  await store.subscribePattern("orders:*");
  store.start({ ...options, topics: ["orders:*", "room:1", "a"], presenceTopics: ["room:1"] });
  await server.welcome();
  store.changeTopics([]);
  await settled();
  const unsubscribe = server.newest.take("unsubscribe");
  server.newest.say({ type: "unsubscribed", id: unsubscribe?.["id"], topic: "a" });

  expect(unsubscribe).toMatchObject({ topics: ["a"] });
});

test("a pattern that is refused is not asked for again", async () => {
  store.start(options);
  await server.welcome();
  const asked = store.subscribePattern("user:bob");
  await settled();
  const id = server.newest.take("subscribe")?.["id"];
  server.newest.say({ type: "error", id, code: 4403, topic: "user:bob", message: "no" });
  await expect(asked).rejects.toMatchObject({ code: 4403 });
  store.start(options);

  expect(await server.welcome()).toMatchObject({ topics: [] });
});

test("before the start there is nobody to ask", async () => {
  await expect(store.sendMessage({ type: "ack" })).rejects.toMatchObject({ kind: "closed" });
  await expect(store.loadMore()).rejects.toMatchObject({ kind: "closed" });
  await expect(store.unsubscribePattern("a")).resolves.toBeUndefined();
  store.reconnect();
  store.setLastNotification(null);

  expect(store.getSnapshot()).toBe(EMPTY);
});
