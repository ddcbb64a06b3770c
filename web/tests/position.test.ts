import { expect, test } from "vitest";
import { readPosition } from "../src/position.js";

test("a position has an epoch and a number", () => {
  expect(readPosition({ epoch: "e", seq: 0, more: 1 })).toEqual({ epoch: "e", seq: 0 });
});

test.each([{}, { epoch: "e" }, { seq: 3 }, { epoch: null, seq: null }, { epoch: "e", seq: "3" }])(
  "%j is none",
  (body) => {
    expect(readPosition(body)).toBeNull();
  },
);
