import { expect, test } from "vitest";
import { RecentIds } from "../src/recent.js";

test("an id is new once", () => {
  const recent = new RecentIds();

  expect(["a", "b", "a"].map((id) => recent.add(id))).toEqual([true, true, false]);
});

test("only the last are remembered, and what is seen again counts as the last", () => {
  const recent = new RecentIds(2);
  for (const id of ["a", "b", "a", "c"]) recent.add(id);

  expect(recent.add("a")).toBe(false);
  expect(recent.add("b")).toBe(true);
});
