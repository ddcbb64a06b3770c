import { expect, test } from "vitest";
import { HeliographError } from "../src/errors.js";
import { pack, packError, unpack, unpackError } from "../src/tab_messages.js";

const refusal = new HeliographError("request_refused", "not allowed: b", {
  code: 4403,
  topic: "b",
});
const error = new HeliographError("request_refused", "not allowed: b", {
  code: 4403,
  refusals: [refusal],
  accepted: ["a"],
});

test("an error is the same on the other side", () => {
  const arrived = unpackError(structuredClone(packError(error)));

  expect(arrived).toBeInstanceOf(HeliographError);
  expect(arrived).toEqual(error);
  expect(arrived.refusals?.[0]).toBeInstanceOf(HeliographError);
});

test.each([
  ["error", error],
  ["change", { status: "refused", error, retryInMs: null }],
  ["change", { status: "connected", error: null, retryInMs: null }],
  ["gap", { stream: "a", reason: "expired" }],
] as const)("so is an event: %s", (name, value) => {
  expect(unpack(name, structuredClone(pack(name, value as never)))).toEqual(value);
});
