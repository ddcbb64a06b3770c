import { expect, test } from "vitest";
import { HeliographError } from "../src/errors.js";
import { isDue, WantedTopics } from "../src/wanted_topics.js";

test("a topic is unwanted once no tab wants it", () => {
  const wanted = new WantedTopics();
  wanted.add("first", ["a", "b"]);
  wanted.add("second", ["b"]);

  expect(wanted.remove("first", ["a", "b"])).toEqual(["a"]);
  expect(wanted.remove("second")).toEqual(["b"]);
  expect(wanted.unwanted(["a", "b"])).toEqual(["a", "b"]);
});

test("a tab's own are its own", () => {
  const wanted = new WantedTopics();
  wanted.add("first", ["a"]);

  expect(wanted.of("first")).toEqual(["a"]);
  expect(wanted.of("second")).toEqual([]);
});

test("what is asked for counts before the answer, and not if it is refused", async () => {
  const wanted = new WantedTopics();
  let refuse!: (error: HeliographError) => void;
  const asked = new Promise((_, reject) => {
    refuse = reject;
  });
  const done = wanted.whileAsked("first", ["a", "b"], asked);
  expect(wanted.of("first")).toEqual(["a", "b"]);
  const error = new HeliographError("request_refused", "no", { accepted: ["a"] });
  refuse(error);

  await expect(done).rejects.toBe(error);
  expect(wanted.of("first")).toEqual(["a"]);
});

test("what was wanted before is wanted though it is refused when it is asked for again", async () => {
  const wanted = new WantedTopics();
  wanted.add("tab", ["a"]);
  const busy = new HeliographError("request_refused", "too fast", { code: 4429 });
  await expect(wanted.whileAsked("tab", ["a", "b"], Promise.reject(busy))).rejects.toBe(busy);

  expect(wanted.of("tab")).toEqual(["a"]);
});

test.each([
  ["its own topic", "orders:1", ["orders:*"], true],
  ["another tab's topic", "orders:1", ["builds:*"], false],
  ["what nobody has asked for by name", "caps:given", [], true],
  ["the user's own stream", "user:alice", [], true],
])("%s is due, or not", (_, topic, own, due) => {
  expect(isDue(topic, own, ["orders:*", "builds:*", "user:alice"])).toBe(due);
});
