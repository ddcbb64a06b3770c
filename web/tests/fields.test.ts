import { expect, test } from "vitest";
import { bodies, isBody, mapping, number, text, texts } from "../src/fields.js";

const BODY = { word: "a", count: 3, half: 0.5, list: ["a", 1, "b"], inner: { a: 1 }, none: null };

test("what is there and of its type is read", () => {
  expect([text(BODY, "word"), number(BODY, "count")]).toEqual(["a", 3]);
  expect([texts(BODY, "list"), mapping(BODY, "inner")]).toEqual([["a", "b"], { a: 1 }]);
});

test("of a list only the objects are read", () => {
  expect(bodies({ list: [{ a: 1 }, "a", null, [1], {}] }, "list")).toEqual([{ a: 1 }, {}]);
});

test("what is missing or of another type counts as not there", () => {
  for (const name of ["none", "missing", "half", "toString"]) {
    expect([text(BODY, name), number(BODY, name)]).toEqual(["", null]);
    expect([texts(BODY, name), mapping(BODY, name)]).toEqual([[], {}]);
    expect(bodies(BODY, name)).toEqual([]);
  }
});

test.each([null, [], "a", 1, undefined])("%j is no object", (value) => {
  expect(isBody(value)).toBe(false);
});
