import { expect, test } from "vitest";
import { isImplicit, overlaps, without } from "../src/topics.js";

test.each([
  ["orders:1", "orders:1", true],
  ["orders:1", "orders:2", false],
  ["orders:*", "orders:1", true],
  ["orders:*", "orders:eu:1", true],
  ["orders:eu:*", "orders:*", true],
  ["orders:*", "orders", false],
  ["orders:*", "ordersmith:1", false],
])("%s and %s: %s", (one, other, does) => {
  expect(overlaps(one, other)).toBe(does);
  expect(overlaps(other, one)).toBe(does);
});

test("what every connection has is known by its name", () => {
  const topics = ["general", "user:alice", "role:*", "tenant:acme", "general:1", "users:1"];

  expect(topics.filter(isImplicit)).toEqual(["general", "user:alice", "role:*", "tenant:acme"]);
});

test("what is not among others is told in its order", () => {
  expect(without(["b", "a", "c"], new Set(["a"]))).toEqual(["b", "c"]);
});
