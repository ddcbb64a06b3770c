import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const WEB = fileURLToPath(new URL("..", import.meta.url));
const CONSUMER = `
import { HeliographClient, type Notification } from "@heliograph/client";
import { useWebSocketNotifications } from "@heliograph/client/react";

export const client = new HeliographClient({ url: "https://example.com", token: "t" });
client.on("notification", (notification: Notification) => notification.title.length);

export function useUnread(): number {
  return useWebSocketNotifications({ url: "https://example.com", token: "t" }).unreadCount;
}
// @ts-expect-error: there is no such option, so the types are there.
export const wrong = new HeliographClient({ url: "https://example.com", tokn: "t" });
`;

let folder: string;
let files: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heliograph-"));
  const packed = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", folder], WEB));
  files = packed[0].files.map(({ path }: { path: string }) => path);
  writeFileSync(join(folder, "package.json"), '{"private":true,"type":"module"}');
  run("npm", ["install", "--offline", "--loglevel", "error", `./${packed[0].filename}`]);
}, 120_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(program: string, options: readonly string[], cwd = folder): string {
  return execFileSync(program, options, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("it holds what is imported, and nothing else", () => {
  expect(files).toContain("dist/index.js");
  expect(files).toContain("dist/react.d.ts");
  expect(files.filter((path) => !/^(dist\/|LICENSE|README.md|package.json)/.test(path))).toEqual(
    [],
  );
});

test("it is installed without a network, and brings nothing along", () => {
  const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));

  expect(Object.keys(lock.packages)).toEqual(["", "node_modules/@heliograph/client"]);
});

test("it is imported, with no window about", () => {
  const script = 'import("@heliograph/client").then((all) => console.log(Object.keys(all).join()))';

  expect(run("node", ["-e", script])).toBe("HeliographClient,HeliographError\n");
});

test("its types are found", () => {
  mkdirSync(join(folder, "node_modules/@types"));
  for (const name of ["react", "@types/react", "csstype"]) {
    symlinkSync(join(WEB, "node_modules", name), join(folder, "node_modules", name));
  }
  writeFileSync(join(folder, "consumer.ts"), CONSUMER);
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022"];
  const tsc = join(WEB, "node_modules/.bin/tsc");

  expect(run(tsc, [...options, "--types", "react", "consumer.ts"])).toBe("");
});
