import { expect, test } from "vitest";
import { HeliographError } from "../src/errors.js";
import type { Frame, Message } from "../src/frames.js";
import { Subscriptions } from "../src/subscriptions.js";

function subscriptions(answer: () => Promise<Frame[]> = async () => []) {
  const asked: Message[] = [];
  const of = new Subscriptions(["a"], (message) => {
    asked.push(message);
    return answer();
  });
  return { of, asked, topics: () => [...of.topics] };
}

test("what is accepted is asked for from then on", async () => {
  const { of, asked, topics } = subscriptions();
  await of.subscribe(["b", "c", "b"]);

  expect(asked).toEqual([{ type: "subscribe", topics: ["b", "c"] }]);
  expect(topics()).toEqual(["a", "b", "c"]);
});

test("what is refused is not, and costs no other", async () => {
  const error = new HeliographError("request_refused", "no", { code: 4403, accepted: ["b"] });
  const { of, topics } = subscriptions(() => Promise.reject(error));

  await expect(of.subscribe(["b", "c"])).rejects.toBe(error);
  expect(topics()).toEqual(["a", "b"]);
});

test("what is given back is given back at once", async () => {
  const { of, asked, topics } = subscriptions(() => new Promise(() => {}));
  void of.unsubscribe(["a"]);

  expect(topics()).toEqual([]);
  expect(asked).toEqual([{ type: "unsubscribe", topics: ["a"] }]);
});

test("what is given back before the answer comes is not asked for again", async () => {
  const { of, topics } = subscriptions();
  const subscribed = of.subscribe(["b", "c"]);
  void of.unsubscribe(["b"]);
  await subscribed;

  expect(topics()).toEqual(["a", "c"]);
});
