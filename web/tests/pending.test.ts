import { expect, test } from "vitest";
import { HeliographError } from "../src/errors.js";
import { Pending } from "../src/pending.js";

test("an answer finds its request by its id", async () => {
  const pending = new Pending();
  const [first] = pending.open([]);
  const [second, answered] = pending.open([]);

  expect(second).not.toBe(first);
  expect(pending.settle({ type: "pong", id: second })).toBe(true);
  expect(await answered).toEqual([{ type: "pong", id: second }]);
});

test("nobody waits for what has no id, or one that is answered", async () => {
  const pending = new Pending();
  const [id, answered] = pending.open([]);
  pending.settle({ type: "pong", id });
  await answered;

  expect(pending.settle({ type: "pong", id })).toBe(false);
  expect(pending.settle({ type: "pong" })).toBe(false);
});

test("a request about topics waits for each", async () => {
  const pending = new Pending();
  const [id, answered] = pending.open(["a", "b"]);
  pending.settle({ type: "subscribed", id, topic: "b" });
  pending.settle({ type: "subscribed", id, pattern: "a" });

  expect(await answered).toHaveLength(2);
});

test("a topic that is refused is told with those that are not", async () => {
  const pending = new Pending();
  const [id, answered] = pending.open(["a", "b"]);
  pending.settle({ type: "error", id, code: 4403, topic: "b", message: "not allowed: b" });
  pending.settle({ type: "subscribed", id, topic: "a" });

  await expect(answered).rejects.toMatchObject({
    code: 4403,
    message: "not allowed: b",
    accepted: ["a"],
    refusals: [{ code: 4403, topic: "b" }],
  });
});

test("an error about no topic answers all of them", async () => {
  const pending = new Pending();
  const [id, answered] = pending.open(["a", "b"]);
  pending.settle({ type: "error", id, code: 4429, message: "too much", retry_after_ms: 5 });

  await expect(answered).rejects.toMatchObject({ code: 4429, retryAfterMs: 5 });
});

test("a topic that was not asked for is no answer", () => {
  const pending = new Pending();
  const [id] = pending.open([]);

  expect(pending.settle({ type: "error", id, code: 4403, topic: "a" })).toBe(false);
});

test("one can fail, or all", async () => {
  const pending = new Pending();
  const [id, first] = pending.open([]);
  const [, second] = pending.open([]);
  const late = new HeliographError("no_answer", "late");
  const lost = new HeliographError("lost", "lost");
  pending.fail(late, id);
  pending.fail(lost);

  await expect(first).rejects.toBe(late);
  await expect(second).rejects.toBe(lost);
});
