import { expect, test, vi } from "vitest";
import type { Connection } from "../src/connection.js";
import { CurrentConnection } from "../src/current_connection.js";
import { HeliographError } from "../src/errors.js";

const PING = { type: "ping" };

function answering(...answers: (object | HeliographError)[]): Connection {
  const request = vi.fn(async () => {
    const answer = answers.shift();
    if (answer instanceof HeliographError) throw answer;
    return [answer];
  });
  return { request, send: vi.fn(), end: vi.fn(), ending: null } as unknown as Connection;
}

/** One that has ended, though nobody has said so yet. */
function ended(): Connection {
  const why = new HeliographError("no_answer", "it was silent");
  return Object.assign(answering(why), { ending: why });
}

test("a question waits for a connection", async () => {
  const current = new CurrentConnection(1);
  const answered = current.request(PING, []);
  current.set(answering({ type: "pong" }));

  expect(await answered).toEqual([{ type: "pong" }]);
});

test.each(["lost", "refused"] as const)(
  "one that the connection took along is asked again: %s",
  async (kind) => {
    const current = new CurrentConnection(1);
    const why = new HeliographError(kind, "it ended");
    current.set(Object.assign(answering(why), { ending: why }));
    const answered = current.request(PING, []);
    await vi.waitFor(() => expect(current.get()).toBeNull());
    current.set(answering({ type: "pong" }));

    expect(await answered).toEqual([{ type: "pong" }]);
  },
);

test("one that the server refuses is not", async () => {
  const current = new CurrentConnection(1);
  const refused = new HeliographError("request_refused", "no", { code: 4403 });
  current.set(answering(refused));

  await expect(current.request(PING, [])).rejects.toBe(refused);
});

test("a message goes out at once, or with the next connection", async () => {
  const current = new CurrentConnection(1);
  const waiting = current.send(PING);
  const connection = answering();
  current.set(connection);
  await waiting;
  await current.send({ type: "ack" });

  expect(vi.mocked(connection.send).mock.calls).toEqual([[PING], [{ type: "ack" }]]);
});

test("what has ended takes no message and no question along", async () => {
  const current = new CurrentConnection(2);
  const first = current.send(PING);
  const silent = ended();
  current.set(silent);
  const second = current.send(PING);
  const answered = current.request(PING, []);
  const connection = answering({ type: "pong" });
  await vi.waitFor(() => expect(current.get()).toBeNull());
  current.set(connection);
  await Promise.all([first, second]);

  expect(await answered).toEqual([{ type: "pong" }]);
  expect(silent.send).not.toHaveBeenCalled();
  expect(connection.send).toHaveBeenCalledTimes(2);
});

test("once there will be none, everybody is told why", async () => {
  const current = new CurrentConnection(1);
  const [asked, sent] = [current.request(PING, []), current.send(PING)];
  const closed = new HeliographError("closed", "it is closed");
  current.end(closed);

  await expect(asked).rejects.toBe(closed);
  await expect(sent).rejects.toBe(closed);
  await expect(current.request(PING, [])).rejects.toBe(closed);
  await expect(current.send(PING)).rejects.toBe(closed);
});

test("there may be one again", async () => {
  const current = new CurrentConnection(1);
  current.end(new HeliographError("refused", "no"));
  current.expect();
  const answered = current.request(PING, []);
  current.set(answering({ type: "pong" }));

  expect(await answered).toEqual([{ type: "pong" }]);
});
