import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connection } from "../src/connection.js";
import { HeliographError } from "../src/errors.js";
import { FakeSocket, settled, WELCOME } from "./fakes/sockets.js";

let socket: FakeSocket;
let connection: Connection;
const heard: string[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  heard.length = 0;
  socket = new FakeSocket("ws://heliograph.test");
  connection = new Connection(socket as unknown as WebSocket, {
    onNotification: ({ id }) => heard.push(id),
    onFrame: ({ type }) => heard.push(type),
    onError: ({ code }) => heard.push(`error ${code}`),
  });
});

afterEach(() => {
  connection.end(new HeliographError("closed", "the test is over"));
  vi.useRealTimers();
});

const hello = () => connection.hello(() => ({ type: "hello", protocol: 1 }));

async function welcome(): Promise<void> {
  const welcomed = hello();
  socket.accept();
  await settled();
  socket.say({ ...WELCOME, id: socket.take("hello")?.["id"] });
  await welcomed;
}

test("it says hello once the socket is open, and is welcome", async () => {
  const welcomed = hello();
  await settled();
  expect(socket.sent).toEqual([]);
  socket.accept();
  await settled();
  socket.say({ ...WELCOME, id: socket.take("hello")?.["id"] });

  expect(await welcomed).toMatchObject({ type: "welcome", user_id: "alice" });
});

test("another answer to hello is none", async () => {
  const welcomed = hello();
  socket.accept();
  await settled();
  socket.say({ type: "pong", id: socket.take("hello")?.["id"] });

  await expect(welcomed).rejects.toMatchObject({ kind: "lost" });
});

test("a handshake that hangs is given up", async () => {
  const welcomed = hello();
  welcomed.catch(() => {});
  await vi.advanceTimersByTimeAsync(30_000);

  await expect(welcomed).rejects.toMatchObject({ kind: "no_answer" });
  expect(socket.isClosed).toBe(true);
});

test("each frame goes where it belongs", async () => {
  await welcome();
  socket.say({ type: "notification", id: "n1" });
  socket.say({ type: "presence_join", topic: "a" });
  socket.say({ type: "error", code: 4403, topic: "a" });
  socket.say("garbage");

  expect(heard).toEqual(["welcome", "n1", "presence_join", "error", "error 4403"]);
});

test("a request is answered, or fails in time, and the connection lives on", async () => {
  await welcome();
  const late = connection.request({ type: "ping" });
  late.catch(() => {});
  await vi.advanceTimersByTimeAsync(30_000);
  await expect(late).rejects.toMatchObject({ kind: "no_answer" });
  const answered = connection.request({ type: "ping" });
  socket.say({ type: "pong", id: socket.sent.at(-1)?.["id"] });

  expect(await answered).toMatchObject([{ type: "pong" }]);
  expect(vi.getTimerCount()).toBe(0);
});

test("what a frame does not carry is not sent", async () => {
  await welcome();
  const large = { type: "mark", ids: ["ä".repeat(16 * 1024)] };

  expect(() => connection.send(large)).toThrow("more than a frame carries");
  await expect(connection.request(large)).rejects.toMatchObject({ code: 4413 });
  expect(socket.take("mark")).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});

test("a fatal frame ends it, and everything that waits", async () => {
  await welcome();
  const waiting = connection.request({ type: "ping" });
  socket.say({ type: "error", code: 4003, message: "revoked", fatal: true });
  socket.drop(1000);

  await expect(waiting).rejects.toMatchObject({ code: 4003 });
  expect(await connection.ended).toMatchObject({ kind: "refused", code: 4003 });
  await expect(connection.request({ type: "ping" })).rejects.toMatchObject({ code: 4003 });
});

test("nothing is heard after its end", async () => {
  await welcome();
  connection.end(new HeliographError("closed", "enough"));
  socket.say({ type: "notification", id: "late" });
  socket.drop();

  expect(heard).toEqual(["welcome"]);
  expect(await connection.ended).toMatchObject({ kind: "closed" });
});

test("nothing is sent after its end", async () => {
  await welcome();
  const why = new HeliographError("closed", "enough");
  connection.end(why);

  expect(() => connection.send({ type: "ack" })).toThrow(why);
  expect(connection.ending).toBe(why);
});

test("it pings when nothing was heard for so long, and what is pushed counts", async () => {
  await welcome();
  connection.keepAlive(60_000);
  await vi.advanceTimersByTimeAsync(50_000);
  socket.say({ type: "notification", id: "n1" });
  await vi.advanceTimersByTimeAsync(59_000);
  expect(socket.take("ping")).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1_000);
  socket.say({ type: "pong", id: socket.take("ping")?.["id"] });
  await vi.advanceTimersByTimeAsync(60_000);

  expect(socket.take("ping")).toBeDefined();
});

test("a server that asks for no pings gets none", async () => {
  await welcome();
  connection.keepAlive(0);

  expect(vi.getTimerCount()).toBe(0);
});

test("who looks waits five seconds for the pong, no longer", async () => {
  await welcome();
  void connection.probe();
  await vi.advanceTimersByTimeAsync(5_000);

  expect(await connection.ended).toMatchObject({ kind: "no_answer" });
});

test("what is not answered makes it ping, and end if there is no pong either", async () => {
  await welcome();
  for (const answer of [true, false]) {
    connection.request({ type: "mark" }).catch(() => {});
    await vi.advanceTimersByTimeAsync(30_000);
    const ping = socket.take("ping");
    expect(ping).toBeDefined();
    if (answer) socket.say({ type: "pong", id: ping?.["id"] });
    await vi.advanceTimersByTimeAsync(29_999);
    expect(connection.ending).toBeNull();
    await vi.advanceTimersByTimeAsync(1);
  }

  expect(connection.ending).toMatchObject({ kind: "no_answer" });
  expect(socket.sent).toEqual([]);
});

test("a ping that is refused is a sign of life", async () => {
  await welcome();
  const probed = connection.probe();
  socket.say({ type: "error", id: socket.take("ping")?.["id"], code: 4429 });
  await probed;

  expect(socket.isClosed).toBe(false);
});
