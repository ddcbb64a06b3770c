import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HeliographClient } from "../src/index.js";
import { FakeLocks, fakeChannels } from "./fakes/browser.js";
import { FakeServer, settled } from "./fakes/sockets.js";
import { jwtOf } from "./fakes/tokens.js";

let server: FakeServer;
let tabs: Tab[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  vi.stubGlobal("navigator", { locks: new FakeLocks() });
  vi.stubGlobal("BroadcastChannel", fakeChannels());
  server = new FakeServer();
  tabs = [];
});

afterEach(async () => {
  for (const { client } of tabs) client.close();
  await settled();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Tabs that are opened from now on are in a page that comes and goes. */
function stubPage(): (event: "pagehide" | "pageshow") => Promise<void> {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  vi.stubGlobal("window", window);
  vi.stubGlobal("document", document);
  vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
  vi.stubGlobal("removeEventListener", window.removeEventListener.bind(window));
  return async (event) => {
    window.dispatchEvent(new Event(event));
    await settled();
  };
}

interface Tab {
  readonly client: HeliographClient;
  readonly ids: string[];
  readonly frames: string[];
  readonly errors: unknown[];
}

async function open(
  user = "alice",
  topics: string[] = [],
  getToken: () => string | Promise<string> = () => jwtOf(user),
): Promise<Tab> {
  const client = new HeliographClient({
    url: "http://heliograph.test",
    getToken,
    WebSocket: server.WebSocket,
    topics,
    random: () => 0,
  });
  const tab: Tab = { client, ids: [], frames: [], errors: [] };
  client.on("notification", ({ id }) => tab.ids.push(id));
  client.on("frame", ({ type }) => tab.frames.push(type));
  client.on("error", (error) => tab.errors.push(error));
  tabs.push(tab);
  client.open();
  await vi.dynamicImportSettled();
  await settled();
  return tab;
}

const say = async (frame: object) => {
  server.newest.say(frame);
  await settled();
};

const refuse = async () => {
  server.newest.accept();
  await say({ type: "error", code: 4004, fatal: true });
};

const notify = (id: string, fields: object = {}) =>
  say({ type: "notification", id, stream: "general", topic: "general", ...fields });

const subscribed = async (topic: string) => {
  const id = server.newest.take("subscribe")?.["id"];
  await say({ type: "subscribed", id, topic, epoch: null, seq: null });
};

test("two tabs of a user have one connection, and both hear", async () => {
  const first = await open();
  await server.welcome();
  const second = await open();
  await notify("a");

  expect(server.sockets).toHaveLength(1);
  expect([first.client.status, second.client.status]).toEqual(["connected", "connected"]);
  expect([first.ids, second.ids]).toEqual([["a"], ["a"]]);
});

test("another user has another", async () => {
  await open("alice");
  await open("bob");

  expect(server.sockets.map(({ token }) => token)).toEqual([jwtOf("alice"), jwtOf("bob")]);
});

test("a tab hears of its own topics, and not of another tab's", async () => {
  const first = await open("alice", ["orders:*"]);
  await server.welcome();
  const second = await open();
  const wanted = second.client.subscribe("builds:1");
  await settled();
  await subscribed("builds:1");
  await wanted;
  await notify("order", { topic: "orders:1", stream: "orders:1" });
  await notify("build", { topic: "builds:1", stream: "builds:1" });
  await notify("mine", { topic: "user:alice", stream: "user:alice" });

  expect(first.ids).toEqual(["order", "mine"]);
  expect(second.ids).toEqual(["build", "mine"]);
  expect([first.client.topics, second.client.topics]).toEqual([["orders:*"], ["builds:1"]]);
});

test("a topic that another tab wants too is not given back", async () => {
  const first = await open("alice", ["a"]);
  await server.welcome();
  const second = await open("alice", ["a"]);
  await second.client.unsubscribe("a");
  expect(server.newest.take("unsubscribe")).toBeUndefined();
  first.client.unsubscribe("a").catch(() => {}); // The test does not wait for an answer.
  await settled();

  expect(server.newest.take("unsubscribe")).toMatchObject({ topics: ["a"] });
});

test("what the topics of a closed tab were is given back", async () => {
  await open();
  await server.welcome();
  const second = await open("alice", ["a"]);
  await subscribed("a");
  second.client.close();
  await settled();

  expect(server.newest.take("unsubscribe")).toMatchObject({ topics: ["a"] });
});

test("when the tab with the connection closes, another goes on where it was", async () => {
  const first = await open("alice", ["a"]);
  const standing = { epoch: "e", seq: 5, reason: "no_position" };
  await server.welcome({ resume: { general: standing } });
  const second = await open("alice", ["b"]);
  await subscribed("b");
  await notify("n6", { epoch: "e", seq: 6 });
  first.client.close();
  const hello = await server.welcome({
    resume: { general: { epoch: "e", seq: 7, recovered: true, replayed: 2 } },
  });
  for (const seq of [6, 7]) await notify(`n${seq}`, { epoch: "e", seq, replay: true });

  expect(hello).toMatchObject({ resume: { general: { epoch: "e", seq: 6 } } });
  expect(hello["topics"]).toEqual(["b", "a"]);
  expect(second.ids).toEqual(["n6", "n7"]);
  expect(second.client.status).toBe("connected");
  await vi.advanceTimersByTimeAsync(5_000);
  expect(server.newest.take("unsubscribe")).toMatchObject({ topics: ["a"] });
});

test("what the topics of a page that is gone were is given back", async () => {
  await open();
  await server.welcome();
  const happen = stubPage();
  await open("alice", ["a"]);
  await subscribed("a");
  await happen("pagehide");

  expect(server.newest.take("unsubscribe")).toMatchObject({ topics: ["a"] });
});

test("a page that is put aside leads no more, and goes on where it was as it comes back", async () => {
  const happen = stubPage();
  const first = await open("alice", ["a"]);
  await server.welcome({ resume: { general: { epoch: "e", seq: 5, reason: "no_position" } } });
  stubPage();
  const second = await open();
  const asked = second.client.presence("room:1");
  await settled();
  await happen("pagehide");
  await server.welcome({ resume: { general: { epoch: "e", seq: 5, recovered: true } } });
  await say({ type: "presence_state", id: server.newest.take("presence")?.["id"], count: 1 });
  expect(await asked).toMatchObject({ count: 1 });
  await notify("missed", { epoch: "e", seq: 6 });
  await happen("pageshow");
  await notify("heard", { epoch: "e", seq: 7 });
  const replay = server.newest.take("replay");
  expect(replay).toMatchObject({ stream: "general", after_seq: 5 });

  expect(server.sockets.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  expect(first.client.status).toBe("connected");
});

test("what was asked of a tab that closed is asked by the next", async () => {
  const first = await open();
  await server.welcome();
  const second = await open();
  const counts = second.client.mark(["n"], "read");
  await settled();
  first.client.close();
  await server.welcome();
  await say({ type: "marked", id: server.newest.take("mark")?.["id"], unread: 1, unseen: 0 });

  expect(await counts).toEqual({ unread: 1, unseen: 0 });
});

test("what is asked of another tab may be anything that a socket takes", async () => {
  await open();
  await server.welcome();
  const second = await open();
  await second.client.send({ type: "ack", seq: new Proxy([7], {}), later: () => {} });

  expect(server.newest.take("ack")).toEqual({ type: "ack", seq: [7] });
});

test("what one tab marks the others hear of, as the user's other devices do", async () => {
  const first = await open();
  await server.welcome();
  const second = await open();
  second.client.mark(["n"], "read").catch(() => {});
  await settled();
  await say({ type: "marked", id: server.newest.take("mark")?.["id"], unread: 1, unseen: 0 });

  for (const { frames } of [first, second]) {
    expect(frames).toContain("notification_updated");
    expect(frames).toContain("unread_count_changed");
  }
});

test("a refusal is every tab's, and none tries again by itself", async () => {
  const first = await open();
  const second = await open();
  server.newest.accept();
  await say({ type: "error", code: 4004, message: "too many", fatal: true });
  await vi.advanceTimersByTimeAsync(600_000);

  expect([first, second].map(({ client }) => client.status)).toEqual(["refused", "refused"]);
  expect(second.client.error).toMatchObject({ code: 4004 });
  expect(server.sockets).toHaveLength(1);
  await expect(second.client.subscribe("a")).rejects.toMatchObject({ code: 4004 });
});

test("nor does a tab that the lock could reach before the refusal", async () => {
  const unheard: (() => void)[] = [];
  const allHeard = async () => {
    for (let hear = unheard.shift(); hear; hear = unheard.shift()) hear();
    await settled();
  };
  vi.stubGlobal(
    "BroadcastChannel",
    fakeChannels((hear) => unheard.push(hear)),
  );
  const both = [await open(), await open()];
  await allHeard();
  await refuse();
  await allHeard();

  expect(both.map(({ client }) => client.status)).toEqual(["refused", "refused"]);
  expect(server.sockets).toHaveLength(1);
});

test("nor is it told as an error once more, for the topics of a tab that had joined", async () => {
  const first = await open();
  await open("alice", ["a"]);
  await refuse();

  expect(first.client.status).toBe("refused");
  expect(first.errors).toEqual([]);
});

test("nor does one whose answer to a new leader comes after that was refused, too", async () => {
  const unheard: (() => void)[] = [];
  vi.stubGlobal(
    "BroadcastChannel",
    fakeChannels((hear) => unheard.push(hear)),
  );
  const hear = async (index: number) => {
    unheard.splice(index, 1)[0]?.();
    await settled();
  };
  const refuse = async () => {
    server.newest.accept();
    await say({ type: "error", code: 4004, fatal: true });
  };
  const first = await open();
  await refuse();
  const second = await open();
  await hear(0); // The second has joined: it may lead, and says so.
  await refuse();
  await hear(0); // The first answers, and that is heard before it hears of the refusal.
  await hear(-1);
  while (unheard.length) await hear(0);

  expect([first, second].map(({ client }) => client.status)).toEqual(["refused", "refused"]);
  expect(server.sockets).toHaveLength(2);
});

test("a tab that is opened after that tries with its own token, and takes the others along", async () => {
  const first = await open();
  await refuse();
  await open();
  await server.welcome();

  expect(server.sockets).toHaveLength(2);
  expect(first.client.status).toBe("connected");
});

test("and goes on where they were", async () => {
  await open();
  await server.welcome({ resume: { general: { epoch: "e", seq: 5, reason: "no_position" } } });
  await say({ type: "error", code: 4003, fatal: true });
  await open();
  const hello = await server.welcome();

  expect(hello["resume"]).toEqual({ general: { epoch: "e", seq: 5 } });
});

test("so does one that is asked to", async () => {
  const first = await open();
  const second = await open();
  await refuse();
  second.client.reconnect();
  await server.welcome();

  expect([first, second].map(({ client }) => client.status)).toEqual(["connected", "connected"]);
});

test("so do two at once, with one connection", async () => {
  const all = [await open(), await open(), await open()];
  await refuse();
  for (const { client } of all.slice(1)) client.reconnect();
  await server.welcome();

  expect(all.map(({ client }) => client.status)).toEqual(["connected", "connected", "connected"]);
  expect(server.sockets).toHaveLength(2);
});

test("so does the one that was refused", async () => {
  const first = await open();
  const second = await open();
  await refuse();
  first.client.reconnect();
  await server.welcome();

  expect([first, second].map(({ client }) => client.status)).toEqual(["connected", "connected"]);
  expect(server.sockets).toHaveLength(2);
});

test("and one that is left when the refused one has closed", async () => {
  const first = await open();
  const second = await open();
  await refuse();
  first.client.close();
  second.client.reconnect();
  await server.welcome();

  expect(second.client.status).toBe("connected");
});

test("a tab that closes while it waits for its token is not there", async () => {
  let giveToken = (_token: string) => {};
  const token = new Promise<string>((resolve) => {
    giveToken = resolve;
  });
  const early = await open("alice", ["a"], () => token);
  early.client.close();
  giveToken(jwtOf("alice"));
  const first = await open();
  const hello = await server.welcome();
  first.client.close();
  await settled();

  expect(hello["topics"]).toEqual([]);
  expect(server.sockets).toHaveLength(1);
  expect(early.client.status).toBe("disconnected");
});

test("a tab that has closed is asked in vain, and does not come back", async () => {
  const [first, second] = [await open(), await open()];
  await server.welcome();
  for (const { client } of [second, first]) client.close();
  first.client.reconnect();
  await settled();

  for (const { client } of [first, second])
    await expect(client.subscribe("a")).rejects.toMatchObject({ kind: "closed" });
  expect(server.sockets).toHaveLength(1);
});

test("nor does one that was refused before", async () => {
  const { client } = await open();
  await refuse();
  client.close();
  client.reconnect();
  await settled();

  expect(client.status).toBe("disconnected");
  expect(server.sockets).toHaveLength(1);
});

test("where locks are given to nobody, a tab asks on its own line, and once", async () => {
  const request = async () => Promise.reject(new DOMException("not here", "SecurityError"));
  vi.stubGlobal("navigator", { locks: { request } });
  const first = await open("alice", ["a"]);
  await server.welcome();
  const socket = server.newest;
  first.client.presence("a").catch(() => {}); // The test does not wait for an answer.
  await settled();
  await open();
  await server.welcome();

  expect(server.sockets).toHaveLength(2);
  expect(socket.sent.filter(({ type }) => type === "presence")).toHaveLength(1);
});

test("a tab may ask for another connection, or whether there is one, in the tab that has it", async () => {
  await open();
  await server.welcome();
  const second = await open();
  second.client.reconnect();
  await vi.advanceTimersByTimeAsync(0);
  await server.welcome();
  expect(server.sockets).toHaveLength(2);

  expect(second.client.status).toBe("connected");
});
