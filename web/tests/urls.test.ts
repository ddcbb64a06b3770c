import { expect, test, vi } from "vitest";
import { checkedBaseUrl, websocketUrl } from "../src/urls.js";

test("slashes at the end do not count", () => {
  expect(checkedBaseUrl("https://example.com/")).toBe("https://example.com");
  expect(checkedBaseUrl("https://example.com:8443/api//")).toBe("https://example.com:8443/api");
});

test.each(["ftp://example.com", "example.com", "", "ws://example.com"])(
  "%j is no address",
  (url) => {
    expect(() => checkedBaseUrl(url)).toThrow(TypeError);
  },
);

test("in a page, a path is one of its own server", () => {
  vi.stubGlobal("location", { origin: "https://app.example.com" });

  expect(checkedBaseUrl("/")).toBe("https://app.example.com");
  vi.unstubAllGlobals();
});

test("the WebSocket is beside the HTTP API, and as safe", () => {
  expect(websocketUrl("https://example.com")).toBe("wss://example.com/api/v1/ws/realtime");
  expect(websocketUrl("http://127.0.0.1:3001")).toBe("ws://127.0.0.1:3001/api/v1/ws/realtime");
});
