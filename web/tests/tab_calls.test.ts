import { expect, test, vi } from "vitest";
import { HeliographError } from "../src/errors.js";
import type { Line } from "../src/line.js";
import { performed, TabCalls } from "../src/tab_calls.js";
import { type Call, packError } from "../src/tab_messages.js";
import { WantedTopics } from "../src/wanted_topics.js";

const error = new HeliographError("request_refused", "no", { code: 4403 });

test("a call waits for its answer, and is open until then", async () => {
  const calls = new TabCalls("here");
  const say = vi.fn();
  const made = calls.make("request", [{ type: "ping" }], say);
  const call = say.mock.calls[0]?.[0] as Call;
  expect(calls.open).toEqual([call]);
  calls.settle({ kind: "answer", to: "here", number: call.number, value: ["pong"] });

  expect(await made).toEqual(["pong"]);
  expect(calls.open).toEqual([]);
});

test("an answer may be an error, and all may fail", async () => {
  const calls = new TabCalls("here");
  const made = [1, 2].map(() => calls.make("probe", [], () => {}));
  calls.settle({ kind: "answer", to: "here", number: 1, error: packError(error) });
  calls.fail(new HeliographError("closed", "closed"));

  await expect(made[0]).rejects.toMatchObject({ code: 4403 });
  await expect(made[1]).rejects.toMatchObject({ kind: "closed" });
});

test("an answer that nobody waits for does no harm", () => {
  expect(() =>
    new TabCalls("here").settle({ kind: "answer", to: "here", number: 7 }),
  ).not.toThrow();
});

test("a topic is given back once no tab wants it", async () => {
  const line = { subscribe: vi.fn(), unsubscribe: vi.fn(), send: vi.fn(() => "sent") };
  const wanted = new WantedTopics();
  const perform = (from: string, method: Call["method"], ...values: unknown[]) =>
    performed(line as unknown as Line, wanted, { from, method, values });
  await perform("first", "subscribe", ["a"]);
  await perform("second", "subscribe", ["a"]);
  await perform("first", "unsubscribe", ["a"]);
  expect(line.unsubscribe).not.toHaveBeenCalled();
  await perform("second", "unsubscribe", ["a"]);

  expect(line.unsubscribe).toHaveBeenCalledWith(["a"]);
  expect(await perform("first", "send", { type: "ack" })).toBe("sent");
});
