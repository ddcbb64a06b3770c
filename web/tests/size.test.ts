import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

async function gzipped(entry: string, external: readonly string[] = []): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../src/${entry}`, import.meta.url))],
    ...{ bundle: true, minify: true, write: false, format: "esm", target: "es2022" },
    external: [...external],
  });
  return gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
}

test("the client is at most 8 KB", async () => {
  // The part for shared tabs comes by an import of its own, once a page wants it.
  expect(await gzipped("index.ts", ["./shared_line.js"])).toBeLessThanOrEqual(8 * 1024);
});

test("all of it, the part for shared tabs too, is at most 10.25 KB", async () => {
  expect(await gzipped("index.ts")).toBeLessThanOrEqual(10.25 * 1024);
});

test("the client knows no React", async () => {
  expect(await gzipped("index.ts", ["react"])).toBe(await gzipped("index.ts"));
});
