import { defineConfig } from "vitest/config";

export default defineConfig({
  // The demo is built with another React, and tested with ours.
  resolve: { dedupe: ["react", "react-dom"] },
  test: {
    testTimeout: 120_000,
    pool: "threads",
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "alone",
          isolate: false,
          include: ["tests/**/*.test.{ts,tsx}"],
          exclude: ["tests/emulator/**"],
        },
      },
      {
        extends: true,
        test: {
          name: "emulator",
          include: ["tests/emulator/**/*.test.{ts,tsx}"],
          globalSetup: "tests/emulator/start.ts",
          // They share one emulator, and one of them moves its clock.
          fileParallelism: false,
        },
      },
    ],
  },
});
