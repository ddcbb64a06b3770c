import { afterEach, expect, test, vi } from "vitest";
import type { ClientOptions } from "../../src/index.js";
import { FakeLocks } from "../fakes/browser.js";
import {
  addFault,
  advance,
  asAdmin,
  broadcast,
  connections,
  eventually,
  Listener,
  mint,
  newUser,
  send,
} from "./service.js";

const open: Listener[] = [];

// What tabs of a browser share, and Node has not.
vi.stubGlobal("navigator", { locks: new FakeLocks() });

async function listener(username: string, options: Partial<ClientOptions> = {}): Promise<Listener> {
  const listens = new Listener(username, options);
  open.push(listens);
  return listens.open();
}

afterEach(() => {
  for (const { client } of open.splice(0)) client.close();
});

test("what is sent to a user is heard, with its counts", async () => {
  const alice = await listener(await newUser());
  await send(alice.username, "Hello", { data: { order: 12 }, priority: "high" });
  await eventually(() => alice.heard.length === 1);

  expect(alice.heard[0]).toMatchObject({
    title: "Hello",
    notification_type: "greeting",
    priority: "high",
    data: { order: 12 },
    sender: { id: "admin" },
    seq: 1,
    unread: 1,
  });
});

test("the token may travel as a subprotocol", async () => {
  const alice = await listener(await newUser(), { tokenIn: "subprotocol" });
  await send(alice.username, "Hello");
  await eventually(() => alice.heard.length === 1);
});

test("a bad token is asked for once more, and then it is over", async () => {
  let asked = 0;
  const stranger = new Listener("nobody", { getToken: () => `bad-${++asked}` });
  open.push(stranger);
  stranger.client.open();
  await eventually(() => stranger.client.status === "refused");

  expect(stranger.client.error).toMatchObject({ kind: "refused", code: 4001 });
  expect(asked).toBe(2);
});

test("what is sent while the connection is lost comes once, in order, after it", async () => {
  const alice = await listener(await newUser());
  await send(alice.username, "before");
  await eventually(() => alice.heard.length === 1);
  await addFault({ kind: "connection-failed", connection: alice.connectionId, times: 1 });
  const lost = new Promise<void>((resolve) => {
    alice.client.on("change", ({ status }) => status === "recovering" && resolve());
  });
  alice.client.request({ type: "ping" }).catch(() => {});
  await lost;
  for (const title of ["one", "two", "three"]) await send(alice.username, title);
  await eventually(() => alice.heard.length === 4);

  expect(alice.titles).toEqual(["before", "one", "two", "three"]);
  expect(alice.heard.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
});

test("a frame that is lost on the way is asked for, and comes in its place", async () => {
  const alice = await listener(await newUser());
  await send(alice.username, "one");
  await eventually(() => alice.heard.length === 1);
  await addFault({ kind: "post-lost", connection: alice.connectionId, times: 1 });
  await send(alice.username, "two");
  await send(alice.username, "three");
  await eventually(() => alice.frames.includes("replayed"));

  expect(alice.titles).toEqual(["one", "two", "three"]);
});

test("one refused topic does not cost the others, nor what comes to them", async () => {
  const alice = await listener(await newUser());
  const topic = `build:${alice.username}`;
  await expect(alice.client.subscribe(topic, "user:admin")).rejects.toMatchObject({
    code: 4403,
    accepted: [topic],
  });
  await broadcast(topic, "Built");
  await eventually(() => alice.heard.length === 1);

  expect(alice.client.topics).toEqual([topic]);
});

test("who is disconnected by an operator stays away", async () => {
  const alice = await listener(await newUser());
  const asked = alice.tokensAsked;
  await asAdmin("POST", `/admin/users/${alice.username}/disconnect`, { reason: "enough" });
  await eventually(() => alice.client.status === "refused");

  expect(alice.client.error).toMatchObject({ code: 4003 });
  expect(alice.tokensAsked).toBe(asked);
});

test("a mark counts, and the user's other connection hears of it", async () => {
  const username = await newUser();
  const [laptop, phone] = [await listener(username), await listener(username)];
  await send(username, "one");
  await send(username, "two");
  await eventually(() => laptop.heard.length === 2);
  const counts = await laptop.client.mark([laptop.heard[0]?.id ?? ""], "read");
  await eventually(() => phone.frames.includes("notification_updated"));

  expect(counts).toEqual({ unread: 1, unseen: 1 });
  expect(await phone.client.api.markAll("read")).toEqual({ unread: 0, unseen: 0 });
});

test("the inbox comes page by page, newest first", async () => {
  const alice = await listener(await newUser());
  for (const title of ["one", "two", "three"]) await send(alice.username, title);
  const first = await alice.client.api.inbox({ limit: 2 });
  const second = await alice.client.api.inbox({ limit: 2, cursor: first.nextCursor ?? "" });

  expect(first.entries.map(({ title }) => title)).toEqual(["three", "two"]);
  expect(first.counts.unread).toBe(3);
  expect(second.entries.map(({ title }) => title)).toEqual(["one"]);
  expect(second.nextCursor).toBeNull();
});

test("two tabs of a browser have one connection", async () => {
  const username = await newUser();
  const browser = { shareTabs: true, user: username };
  const [first, second] = [await listener(username, browser), await listener(username, browser)];
  await send(username, "Hello");
  await eventually(() => first.heard.length === 1 && second.heard.length === 1);
  const mine = (await connections()).filter(({ connection_id: id }) => id === first.connectionId);

  expect(mine).toHaveLength(1);
  expect(second.connectionId).toBe("");
  first.client.close();
  await eventually(() => second.connectionId !== "" && second.client.status === "connected");
  await send(username, "Still there");
  await eventually(() => second.heard.length === 2);
});

test("who is in a topic is told", async () => {
  const topic = `room:${crypto.randomUUID()}`;
  const alice = await listener(await newUser(), { topics: [topic] });
  const state = await alice.client.presence(topic);

  expect(state).toMatchObject({ count: 1, users: [{ user_id: alice.username }] });
});

test("an HTTP request renews a token that is refused", async () => {
  const username = await newUser();
  const tokens = ["worthless", mint(username)];
  const alice = new Listener(username, { getToken: () => tokens.shift() ?? "none is left" });

  expect(await alice.client.api.inbox()).toMatchObject({ counts: { unread: 0 } });
});

test("a message waits for the connection", async () => {
  const alice = new Listener(await newUser());
  open.push(alice);
  const topic = `build:${alice.username}`;
  const sent = alice.client.send({ type: "subscribe_pattern", pattern: topic });
  await alice.open();
  await sent;
  await eventually(() => alice.frames.includes("subscribed"));
  await broadcast(topic, "Built");
  await eventually(() => alice.heard.length === 1);
});

test("a token that is about to end is replaced in the open connection", async () => {
  const username = await newUser();
  const tokens = [mint(username, [], 200), mint(username)];
  const alice = await listener(username, { getToken: () => tokens.shift() ?? "none is left" });
  await advance(125); // The sweep comes every minute.
  await eventually(() => alice.frames.includes("authenticated"));

  expect(tokens).toEqual([]);
});

test("a connection that the gateway ends for being idle comes back", async () => {
  const topic = `build:${crypto.randomUUID()}`;
  const alice = await listener(await newUser(), { topics: [topic] });
  await send(alice.username, "before");
  await eventually(() => alice.heard.length === 1);
  const first = alice.connectionId;
  await advance(10 * 60 + 1);
  await eventually(() => alice.connectionId !== first && alice.client.status === "connected");
  await broadcast(topic, "after");
  await eventually(() => alice.heard.length === 2);

  expect(alice.titles).toEqual(["before", "after"]);
});
