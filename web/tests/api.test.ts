import { beforeEach, expect, test } from "vitest";
import { Api } from "../src/api.js";
import { TokenSource } from "../src/tokens.js";
import { FakeHttp } from "./fakes/http.js";
import { tokenOf } from "./fakes/tokens.js";

let http: FakeHttp;
let api: Api;
let asked: number;

beforeEach(() => {
  http = new FakeHttp();
  asked = 0;
  const tokens = new TokenSource(() => tokenOf(++asked));
  api = new Api("https://heliograph.test", tokens, http.fetch);
});

test("a page of the inbox, with its counts and where the next begins", async () => {
  http.answer("GET /inbox", {
    entries: [{ id: "n1", title: "T", read_at: "2026" }, { title: "no id" }, 7],
    page: { next_cursor: "c2", has_more: true },
    counts: { unread: 4, unseen: 3, total: 9 },
  });
  const page = await api.inbox({ status: "unread", limit: 50, cursor: undefined });

  expect(page).toMatchObject({ counts: { unread: 4, unseen: 3 }, nextCursor: "c2" });
  expect(page.entries).toMatchObject([{ id: "n1", read_at: "2026" }]);
  expect(http.requests[0]).toMatchObject({
    url: "https://heliograph.test/api/v1/inbox?status=unread&limit=50",
    headers: { Authorization: "Bearer token-1" },
  });
});

test("the last page has no next", async () => {
  http.answer("GET /inbox", { page: { next_cursor: null, has_more: false } });

  expect(await api.inbox()).toEqual({
    entries: [],
    counts: { unread: 0, unseen: 0 },
    nextCursor: null,
  });
});

test("everything is marked", async () => {
  http.answer("POST /inbox/mark-all", { unread: 0, unseen: 0, total: 3 });

  expect(await api.markAll("read")).toEqual({ unread: 0, unseen: 0 });
  expect(http.requests[0]?.body).toEqual({ state: "read" });
});

test("what is sent has a key, so that it is done once", async () => {
  http.answer("POST /notifications/send-realtime", { success: true });
  http.answer("POST /notifications/broadcast", { success: true });
  await api.send({ user_id: "bob", title: "Hello" }, "my-key");
  await api.broadcast({ pattern: "*", title: "Hello" });

  expect(http.requests[0]?.headers).toMatchObject({ "Idempotency-Key": "my-key" });
  expect(http.requests[1]?.headers["Idempotency-Key"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("a 401 is answered with another token, once", async () => {
  http.answer("GET /auth/me", { detail: "Authentication failed", code: 4001 }, 401);

  await expect(api.call("GET", "/auth/me")).rejects.toMatchObject({ code: 4001, temporary: false });
  expect(http.requests.map(({ headers }) => headers["Authorization"])).toEqual([
    "Bearer token-1",
    "Bearer token-2",
  ]);
});

test("a problem says what is known of it", async () => {
  const problem = { detail: "too much", code: 4429, request_id: "r1" };
  http.answer("GET /inbox", problem, 429, { "retry-after": "7" });

  await expect(api.inbox()).rejects.toMatchObject({
    ...{ kind: "api", message: "too much", code: 4429, status: 429, requestId: "r1" },
    ...{ retryAfterMs: 7000, temporary: true },
  });
});

test("so does what the gateway says in its own words", async () => {
  http.answer("GET /nowhere", { message: "Not Found" }, 404);

  await expect(api.call("GET", "/nowhere")).rejects.toMatchObject({
    message: "Not Found",
    code: 4404,
  });
});

test("nobody who answers is a lost connection", async () => {
  await expect(api.inbox()).rejects.toMatchObject({
    kind: "lost",
    message: "cannot reach https://heliograph.test: fetch failed",
  });
});
