import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Line } from "../src/line.js";
import type { LinkEvents } from "../src/link.js";
import { TokenSource } from "../src/tokens.js";
import { FakeServer, type FakeSocket, settled, WELCOME } from "./fakes/sockets.js";
import { tokenOf } from "./fakes/tokens.js";

const MINUTE = 60_000;

let server: FakeServer;
let line: Line;
let asked: number;
let getToken: () => string | Promise<string>;
let statuses: string[];
let ids: string[];
let codes: unknown[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  server = new FakeServer();
  [asked, statuses, ids, codes] = [0, [], [], []];
  getToken = () => tokenOf(++asked);
  line = new Line(
    {
      openSocket: (token) => new server.WebSocket(`ws://heliograph.test/?token=${token}`),
      tokens: new TokenSource(() => getToken()),
      topics: ["a"],
      queueLimit: 1,
      random: () => 0.5,
    },
    (name, value) => {
      if (name === "change") statuses.push((value as LinkEvents["change"]).status);
      if (name === "notification") ids.push((value as LinkEvents["notification"]).id);
      if (name === "error") codes.push((value as LinkEvents["error"]).code);
    },
  );
});

afterEach(async () => {
  line.close();
  await settled();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const advance = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  await settled();
};

const standing = (seq: number, fields: object = {}) => ({
  resume: { a: { epoch: "e", seq, recovered: true, replayed: 0, ...fields } },
});

const BEGINNING = {
  ...standing(5, { recovered: false, reason: "no_position" }),
  ping_interval_ms: null, // Or a silent server would be left long before.
};

const notify = (seq: number, replay = false) =>
  server.newest.say({ type: "notification", id: `a${seq}`, stream: "a", epoch: "e", seq, replay });

test("before its two hours are over another connection takes its place", async () => {
  line.open();
  await server.welcome(BEGINNING);
  notify(6);
  const old = server.newest;
  await advance(116.25 * MINUTE);
  expect(server.sockets).toHaveLength(2);
  expect(old.isClosed).toBe(false);
  old.say({ type: "notification", id: "a8", stream: "a", epoch: "e", seq: 8 });
  const hello = await server.welcome(standing(7, { replayed: 1 }));
  notify(7, true);

  expect(hello).toMatchObject({ topics: ["a"], resume: { a: { epoch: "e", seq: 6 } } });
  expect(old.isClosed).toBe(true);
  expect(ids).toEqual(["a6", "a7", "a8"]);
  expect(statuses).toEqual(["connecting", "connected"]);
});

async function takesAndGivesBackWhileTheNextConnects(old: FakeSocket): Promise<void> {
  await advance(116.25 * MINUTE);
  server.newest.accept();
  const both = Promise.all([line.subscribe(["b"]), line.unsubscribe(["a"])]);
  await settled();
  old.say({ type: "subscribed", id: old.take("subscribe")?.["id"], topic: "b" });
  old.say({ type: "unsubscribed", id: old.take("unsubscribe")?.["id"], topic: "a" });
  await both;
  const hello = server.newest.take("hello");
  expect(hello).toMatchObject({ topics: ["a"] });
  server.newest.say({ ...WELCOME, id: hello?.["id"] });
  await settled();
}

test("what was taken and given back on the old one meanwhile is made up for on the next", async () => {
  line.open();
  await server.welcome(BEGINNING);
  const old = server.newest;
  await takesAndGivesBackWhileTheNextConnects(old);
  const { newest } = server;
  const taken = newest.take("subscribe");
  expect(taken).toMatchObject({ topics: ["b"] });
  expect(old.isClosed).toBe(false);
  newest.say({ type: "subscribed", id: taken?.["id"], topic: "b" });
  await settled();
  const givenBack = newest.take("unsubscribe");
  expect(givenBack).toMatchObject({ topics: ["a"] });
  newest.say({ type: "unsubscribed", id: givenBack?.["id"], topic: "a" });
  await settled();

  expect(old.isClosed).toBe(true);
  expect([...line.topics]).toEqual(["b"]);
});

test("and so is what changes while that is made up for", async () => {
  line.open();
  await server.welcome(BEGINNING);
  const old = server.newest;
  await takesAndGivesBackWhileTheNextConnects(old);
  const again = line.subscribe(["c", "a"]);
  await settled();
  const id = old.take("subscribe")?.["id"];
  for (const topic of ["c", "a"]) old.say({ type: "subscribed", id, topic });
  await again;
  const madeUp: unknown[] = [];
  for (const type of ["subscribe", "unsubscribe", "subscribe"]) {
    const message = server.newest.take(type);
    const topics = message?.["topics"] as string[];
    madeUp.push(topics);
    for (const topic of topics) server.newest.say({ type: `${type}d`, id: message?.["id"], topic });
    await settled();
  }

  expect(madeUp).toEqual([["b"], ["a"], ["c", "a"]]);
  expect(old.isClosed).toBe(true);
});

test("what the next refuses of it is told", async () => {
  line.open();
  await server.welcome(BEGINNING);
  const old = server.newest;
  await takesAndGivesBackWhileTheNextConnects(old);
  const { newest } = server;
  newest.say({ type: "error", id: newest.take("subscribe")?.["id"], code: 4429, topic: "b" });
  await settled();
  newest.say({ type: "unsubscribed", id: newest.take("unsubscribe")?.["id"], topic: "a" });
  await settled();

  expect(codes).toEqual([4429]);
  expect([old.isClosed, newest.isClosed]).toEqual([true, false]);
});

test("if the next is lost over it the old one goes on, and another is tried", async () => {
  line.open();
  await server.welcome(BEGINNING);
  const old = server.newest;
  await takesAndGivesBackWhileTheNextConnects(old);
  server.newest.drop();
  await advance(1.25 * MINUTE);

  expect(old.isClosed).toBe(false);
  expect(await server.welcome()).toMatchObject({ topics: ["b"] });
  expect(codes).toEqual([]);
  expect(statuses).toEqual(["connecting", "connected"]);
});

test("if that fails the old one goes on, and it is tried again", async () => {
  line.open();
  await server.welcome(BEGINNING);
  const old = server.newest;
  await advance(116.25 * MINUTE);
  old.say({ type: "notification", id: "a6", stream: "a", epoch: "e", seq: 6 });
  server.newest.drop(1006);
  await settled();
  expect(ids).toEqual(["a6"]);
  await advance(1.25 * MINUTE);

  expect(server.sockets).toHaveLength(3);
  expect(old.isClosed).toBe(false);
  expect(statuses).toEqual(["connecting", "connected"]);
});

test("an end is noticed though the next connection is being opened", async () => {
  line.open();
  await server.welcome(BEGINNING);
  const old = server.newest;
  await advance(116.25 * MINUTE);
  old.drop();
  const sent = line.send({ type: "ack", stream: "a", seq: 5 });
  await settled();
  expect(statuses.at(-1)).toBe("recovering");
  expect(server.newest.isClosed).toBe(true);
  await advance(500);
  await server.welcome();
  await sent;

  expect(server.sockets).toHaveLength(3);
  expect(server.newest.take("ack")).toMatchObject({ seq: 5 });
});

test("or waits for a token, which is used once", async () => {
  line.open();
  await server.welcome(BEGINNING);
  let give!: (token: string) => void;
  getToken = () =>
    new Promise((resolve) => {
      give = resolve;
    });
  await advance(116.25 * MINUTE);
  server.newest.drop();
  await advance(500);
  expect(statuses.at(-1)).toBe("recovering");
  give("late");
  await server.welcome();

  expect(statuses.at(-1)).toBe("connected");
  expect(server.sockets).toHaveLength(2);
});

test("what is under way then is asked again", async () => {
  line.open();
  await server.welcome();
  const answered = line.request({ type: "mark", ids: ["n"], state: "read" });
  await advance(20_000);
  line.reconnect();
  await advance(0);
  await server.welcome();
  const mark = server.newest.take("mark");
  server.newest.say({ type: "marked", id: mark?.["id"], count: 1 });

  expect(await answered).toMatchObject([{ count: 1 }]);
});

test("another connection on demand comes at once", async () => {
  line.open();
  await server.welcome();
  line.reconnect();
  await advance(0);
  await server.welcome();

  expect(server.sockets[0]?.isClosed).toBe(true);
  expect(statuses).toEqual(["connecting", "connected", "recovering", "connected"]);
  expect(asked).toBe(2);
});

test("who was refused may try again on demand, with another token", async () => {
  line.open();
  await settled();
  server.newest.accept();
  server.newest.say({ type: "error", code: 4004, fatal: true });
  await settled();
  await expect(line.request({ type: "ping" })).rejects.toMatchObject({ code: 4004 });
  line.reconnect();
  await server.welcome();

  expect(statuses).toEqual(["connecting", "refused", "connecting", "connected"]);
  expect(server.newest.token).toBe("token-2");
});

test("who looks shortens a wait, and asks whether the connection is there", async () => {
  line.open();
  await server.welcome();
  server.newest.drop();
  await settled();
  line.probe();
  await settled();
  expect(server.sockets).toHaveLength(2);
  await server.welcome();
  line.probe();
  expect(server.newest.take("ping")).toBeDefined();
  await advance(5_000);

  expect(statuses.at(-1)).toBe("recovering");
});

test("but not one that the server has asked for", async () => {
  line.open();
  await settled();
  server.newest.accept();
  server.newest.say({ type: "error", code: 4100, fatal: true });
  await settled();
  line.probe();
  await settled();

  expect(server.sockets).toHaveLength(1);
});

test("a token that is about to end is replaced in the open connection", async () => {
  line.open();
  await server.welcome();
  server.newest.say({ type: "token_expiring", expires_in_ms: 90_000 });
  await settled();
  const auth = server.newest.take("auth");
  server.newest.say({ type: "authenticated", id: auth?.["id"] });

  expect(auth).toMatchObject({ token: "token-2" });
});

test("a welcome that comes as it is closed changes nothing any more", async () => {
  line.open();
  await settled();
  server.newest.accept();
  await settled();
  const hello = server.newest.take("hello");
  server.newest.say({ type: "welcome", id: hello?.["id"] });
  line.close();
  await settled();

  expect(statuses).toEqual(["connecting", "disconnected"]);
  expect(server.newest.isClosed).toBe(true);
});
