/** Starts the emulator on a free port, for all tests of a run, and ends it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { WebSocket } from "ws";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PYTHON = process.env["PYTHON"] ?? join(ROOT, ".venv/bin/python");
const PATIENCE_MS = 60_000;

declare module "vitest" {
  export interface ProvidedContext {
    url: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "heliograph-"));
  const ready = join(folder, "ready.json");
  const options = ["--port", "0", "--ready-file", ready, "--no-reload", "--log-level", "error"];
  const emulator = spawn(PYTHON, ["-m", "local_server", ...options], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise<never>((_, reject) => {
    emulator.once("error", reject);
    emulator.once("exit", (code) => reject(new Error(`the emulator has ended with ${code}`)));
  });
  ended.catch(() => {});
  const { http, websocket } = await Promise.race([ended, read(ready)]);
  await Promise.race([ended, opened(websocket)]);
  project.provide("url", http);
  return async () => {
    emulator.kill("SIGTERM");
    await ended.catch(() => {});
    rmSync(folder, { recursive: true });
  };
}

/** Upgrades wait until the demo accounts are there. */
async function opened(url: string): Promise<void> {
  const socket = new WebSocket(url);
  await once(socket, "open");
  socket.close();
}

async function read(file: string): Promise<{ http: string; websocket: string }> {
  for (const began = Date.now(); ; await sleep(50)) {
    try {
      return JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
      if (Date.now() - began > PATIENCE_MS) throw error;
    }
  }
}
