import { expect, test } from "vitest";
import { asError, HeliographError } from "../src/errors.js";

test("an error says its kind, and what is known beside it", () => {
  const error = new HeliographError("refused", "no", { code: 4004 });

  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: "HeliographError", kind: "refused", code: 4004 });
});

test("one of ours stays what it is", () => {
  const error = new HeliographError("closed", "it is closed");

  expect(asError(error, "lost")).toBe(error);
});

test("any other becomes one of ours", () => {
  expect(asError(new TypeError("fetch failed"), "token")).toMatchObject({
    kind: "token",
    message: "fetch failed",
  });
  expect(asError("odd", "lost").message).toBe("odd");
});
