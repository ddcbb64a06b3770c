import { expect, test, vi } from "vitest";
import { HeliographError } from "../src/errors.js";
import { Outbox } from "../src/outbox.js";

const message = (number: number) => ({ type: "ack", seq: number });

test("what waits is sent in order, and who waits is told", async () => {
  const outbox = new Outbox(2);
  const sent = [outbox.put(message(1)), outbox.put(message(2))];
  const send = vi.fn();
  outbox.flush(send);
  await Promise.all(sent);
  outbox.flush(send);

  expect(send.mock.calls).toEqual([[message(1)], [message(2)]]);
});

test("one too many is refused, and the others stay", async () => {
  const outbox = new Outbox(1);
  const first = outbox.put(message(1));
  await expect(outbox.put(message(2))).rejects.toMatchObject({ kind: "queue_full" });
  const send = vi.fn();
  outbox.flush(send);
  await first;

  expect(send).toHaveBeenCalledOnce();
});

test("one that cannot be sent costs no other", async () => {
  const outbox = new Outbox(2);
  const sent = [outbox.put(message(1)), outbox.put(message(2))];
  outbox.flush(({ seq }) => {
    if (seq === 1) throw new TypeError("circular");
  });

  await expect(sent[0]).rejects.toThrow(TypeError);
  await expect(sent[1]).resolves.toBeUndefined();
});

test("without a connection to come, all are told", async () => {
  const outbox = new Outbox(2);
  const sent = outbox.put(message(1));
  const error = new HeliographError("closed", "it is closed");
  outbox.fail(error);

  await expect(sent).rejects.toBe(error);
});
