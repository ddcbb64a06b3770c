import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeLocks, fakeChannels } from "./fakes/browser.js";
import { settled } from "./fakes/sockets.js";
import { Player, type Role, type Scenario } from "./scenario_player.js";

const FILE = new URL("../../tests/scenarios.json", import.meta.url);
const SCENARIOS = JSON.parse(readFileSync(FILE, "utf8")) as Scenario[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  vi.stubGlobal("navigator", { locks: new FakeLocks() });
  vi.stubGlobal("BroadcastChannel", fakeChannels());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe.each<[string, Role]>([
  ["a tab alone", "alone"],
  ["the tab that has the line", "leader"],
  ["a tab that uses another's line", "follower"],
])("%s", (_, role) => {
  test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    "%s",
    async (_name, scenario) => {
      const player = new Player(scenario, role);
      for (const [index, step] of scenario.steps.entries()) {
        try {
          await player.play(step);
        } catch (error) {
          throw new Error(`step ${index + 1}, ${JSON.stringify(step)}`, { cause: error });
        }
      }
      player.end();
      await settled();

      expect(vi.getTimerCount(), "timers that a closed client has left").toBe(0);
    },
  );
});
