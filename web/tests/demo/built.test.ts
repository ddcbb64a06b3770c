import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const WEB = fileURLToPath(new URL("../..", import.meta.url));
const SERVED = join(WEB, "../local_server/inspector/demo");

let made: string;

beforeAll(() => {
  made = mkdtempSync(join(tmpdir(), "heliograph-"));
  execFileSync("npm", ["run", "--silent", "demo"], {
    cwd: WEB,
    env: { ...process.env, DEMO_FOLDER: made },
  });
}, 60_000);

afterAll(() => {
  rmSync(made, { recursive: true });
});

test("the page that the emulator serves is what its sources make: npm run demo", () => {
  expect(readdirSync(SERVED)).toEqual(readdirSync(made));
  for (const file of readdirSync(made)) {
    const isSame = readFileSync(join(SERVED, file)).equals(readFileSync(join(made, file)));
    expect([file, isSame]).toEqual([file, true]);
  }
});

test("it is at most 250 KB, and names the licence of what it brings along", () => {
  const files = readdirSync(SERVED).map((file) => readFileSync(join(SERVED, file)));

  expect(files.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(250_000);
  expect(readFileSync(join(SERVED, "main.js"), "utf8")).toMatch(/@license React.+MIT license/s);
});
