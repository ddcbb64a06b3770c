import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ClientOptions, HeliographClient } from "../src/index.js";
import { FakeServer, settled } from "./fakes/sockets.js";

let server: FakeServer;
let client: HeliographClient;

beforeEach(() => {
  server = new FakeServer();
});

afterEach(() => client.close());

function make(options: Partial<ClientOptions> = {}): HeliographClient {
  client = new HeliographClient({
    url: "https://heliograph.test/",
    token: "a token",
    WebSocket: server.WebSocket,
    ...options,
  });
  return client;
}

async function opened(options: Partial<ClientOptions> = {}): Promise<HeliographClient> {
  make(options).open();
  await server.welcome();
  return client;
}

test("it connects beside the HTTP API, the token in the query", async () => {
  await opened();

  expect(server.newest.url).toBe("wss://heliograph.test/api/v1/ws/realtime?token=a%20token");
});

test("or elsewhere, and the token as a subprotocol", async () => {
  await opened({ websocketUrl: "wss://sockets.test/dev", tokenIn: "subprotocol" });

  expect(server.newest.url).toBe("wss://sockets.test/dev");
  expect(server.newest.protocols).toEqual(["heliograph.v1", "token.a token"]);
});

test("who has no token, or no address, is told at once", () => {
  make();

  expect(() => new HeliographClient({ url: "https://heliograph.test" })).toThrow(TypeError);
  expect(() => make({ url: "heliograph.test" })).toThrow(TypeError);
});

test("it opens once, and closes for good", async () => {
  await opened();
  client.open();
  client.close();
  client.open();
  client.reconnect();
  await settled();

  expect(server.sockets).toHaveLength(1);
  expect(client.status).toBe("disconnected");
  await expect(client.send({ type: "ack" })).rejects.toMatchObject({ kind: "closed" });
});

test("what waits for the next connection's welcome is not heard once it is closed", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await opened({ random: () => 0 });
  const heard = vi.fn();
  client.on("notification", heard);
  const said = { type: "notification", stream: "a", epoch: "e" };
  server.newest.say({ ...said, id: "a1", seq: 1 });
  const old = server.newest;
  await vi.advanceTimersByTimeAsync(7_050_000);
  server.newest.accept();
  await settled();
  old.say({ ...said, id: "a2", seq: 2 });
  client.close();
  await settled();
  vi.useRealTimers();

  expect(server.sockets).toHaveLength(2);
  expect(heard.mock.calls.map(([{ id }]) => id)).toEqual(["a1"]);
});

test("closed in the breath it was opened in, it has asked for nothing", async () => {
  const getToken = vi.fn(() => "t");
  make({ getToken }).open();
  client.close();
  await settled();

  expect(getToken).not.toHaveBeenCalled();
  expect(server.sockets).toEqual([]);
});

test("what is asked before it is open waits, and ends with it", async () => {
  make();
  const asked = client.subscribe("a");
  client.close();

  await expect(asked).rejects.toMatchObject({ kind: "closed" });
});

test("messages wait for a connection, so many and no more", async () => {
  make({ queueLimit: 1 }).open();
  await settled();
  const first = client.send({ type: "ack", seq: 1 });
  await settled();
  await expect(client.send({ type: "ack", seq: 2 })).rejects.toMatchObject({ kind: "queue_full" });
  await server.welcome();
  await first;

  expect(server.newest.take("ack")).toMatchObject({ seq: 1 });
});

test("presence is asked for by topic", async () => {
  await opened();
  const asked = client.presence("room:1");
  await settled();
  const id = server.newest.take("presence")?.["id"];
  server.newest.say({ type: "presence_state", id, topic: "room:1", count: 1, users: [] });

  expect(await asked).toEqual({ count: 1, users: [], truncated: false });
});

test("any message may be asked, and its answer is what comes about its topic", async () => {
  await opened();
  const asked = client.request({ type: "subscribe_pattern", pattern: "a" });
  await settled();
  const id = server.newest.take("subscribe_pattern")?.["id"];
  server.newest.say({ type: "subscribed", id, topic: "a", pattern: "a" });

  expect(await asked).toMatchObject([{ topic: "a" }]);
});

test("who stops listening hears nothing more", async () => {
  await opened();
  const heard = vi.fn();
  const stop = client.on("notification", heard);
  server.newest.say({ type: "notification", id: "a" });
  stop();
  server.newest.say({ type: "notification", id: "b" });

  expect(heard).toHaveBeenCalledOnce();
});

test("without locks each tab has a connection of its own", async () => {
  await opened();
  const other = new HeliographClient({
    ...{ url: "https://heliograph.test", token: "t" },
    WebSocket: server.WebSocket,
  });
  other.open();
  await server.welcome();
  other.close();

  expect(server.sockets).toHaveLength(2);
});
