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
  return { request, send: vi.fn(), end: vi.fn() } as unknown as Connection;
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
    current.set(answering(new HeliographError(kind, "it ended")));
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
