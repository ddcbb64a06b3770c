import { expect, test } from "vitest";
import { HeliographError } from "../src/errors.js";
import { subjectOf, TokenSource } from "../src/tokens.js";
import { jwtOf, tokenOf } from "./fakes/tokens.js";

function counted(): TokenSource {
  let asked = 0;
  return new TokenSource(async () => tokenOf(++asked));
}

test("a string is what it is", async () => {
  const source = new TokenSource("t");

  expect([source.renewable, await source.current(), await source.renew()]).toEqual([
    false,
    "t",
    "t",
  ]);
});

test("a function is asked once, and again for another token", async () => {
  const source = counted();

  expect(await source.current()).toBe("token-1");
  expect(await source.current()).toBe("token-1");
  expect(await source.renew()).toBe("token-2");
  expect(await source.current()).toBe("token-2");
});

test("who asks meanwhile gets the same answer: a refresh token is good once", async () => {
  const source = counted();

  expect(await Promise.all([source.renew(), source.renew(), source.current()])).toEqual(
    Array(3).fill("token-1"),
  );
});

test("what the function throws is told, and it is asked again", async () => {
  let fails = true;
  const source = new TokenSource(() => {
    if (fails) throw new TypeError("fetch failed");
    return "t";
  });
  await expect(source.renew()).rejects.toMatchObject({ kind: "token", message: "fetch failed" });
  fails = false;

  expect(await source.renew()).toBe("t");
});

test("an error of ours comes through as it is", async () => {
  const error = new HeliographError("api", "wrong password", { status: 401 });

  await expect(
    new TokenSource(() => {
      throw error;
    }).renew(),
  ).rejects.toBe(error);
});

test("a JWT says whom it is about", () => {
  expect(subjectOf(jwtOf("alice~?>"))).toBe("alice~?>");
});

test.each(["", "wst_ticket", "a.b.c", jwtOf(""), "a.bnVsbA.c"])("%j does not", (token) => {
  expect(subjectOf(token)).toBe("");
});
