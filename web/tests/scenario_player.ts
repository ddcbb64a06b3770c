/** Plays a scenario of ../../tests/scenarios.json; its steps are described beside it. */
import { expect, vi } from "vitest";
import { type Change, HeliographClient, type HeliographError } from "../src/index.js";
import { FakeServer, type FakeSocket, settled, WELCOME } from "./fakes/sockets.js";
import { tokenOf } from "./fakes/tokens.js";

type Step = Readonly<Record<string, unknown>>;

/** What each step may say beside who acts and how. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  ...{ "client open": [], "client close": [], "clock advance": ["ms"], random: [] },
  ...{ "client subscribe": ["topics"], "client unsubscribe": ["topics"] },
  ...{ "server accept": ["token"], "server refuse": ["status"], "server close": ["code"] },
  ...{ "server expect": ["frame"], "server send": ["frame", "text"] },
  "server welcome": ["hello", "frame", "token"],
  "server notify": ["stream", "seqs", "replay", "epoch"],
  ...{ "expect state": ["is"], "expect notifications": ["ids"], "expect topics": ["are"] },
  ...{ "expect attempts": ["number"], "expect tokens": ["asked"], "expect delay": ["ms"] },
  ...{ "expect gaps": ["are"], "expect error": ["code"], "expect refusals": ["codes"] },
};

export interface Scenario {
  readonly name: string;
  readonly why: string;
  readonly topics?: readonly string[];
  readonly steps: readonly Step[];
}

/** Through which tab a client plays. */
export type Role = "alone" | "leader" | "follower";

export class Player {
  private readonly server = new FakeServer();
  private readonly client: HeliographClient;
  /** Has the connection, if the client is to use that of another tab. */
  private readonly leader: HeliographClient;
  private accepted = 0;
  private dice = 0.5;
  private tokensAsked = 0;
  private expectedId: unknown;
  private readonly notifications: string[] = [];
  private readonly refusals: (number | undefined)[] = [];
  private readonly gaps: object[] = [];
  private delay: number | null = null;

  constructor({ topics = [] }: Scenario, role: Role) {
    const options = {
      url: "http://heliograph.test",
      topics,
      WebSocket: this.server.WebSocket,
      shareTabs: role !== "alone",
      user: "alice",
      random: () => this.dice,
    };
    const getToken = () => tokenOf(++this.tokensAsked);
    this.leader = new HeliographClient({ ...options, getToken });
    this.client =
      role === "follower" ? new HeliographClient({ ...options, token: "-" }) : this.leader;
    this.client.on("notification", ({ id }) => this.notifications.push(id));
    this.client.on("gap", (gap) => this.gaps.push(gap));
    this.client.on("error", ({ code }) => this.refusals.push(code));
    this.client.on("change", ({ retryInMs }: Change) => {
      this.delay = retryInMs ?? this.delay;
    });
  }

  async play(step: Step): Promise<void> {
    const [actor = "", ...fields] = Object.keys(step);
    const known = FIELDS[actor === "random" ? actor : `${actor} ${step[actor]}`];
    expect(known, "a step that is known").toBeDefined();
    expect(known, "fields that are known").toEqual(expect.arrayContaining(fields));
    if (actor === "client") await this.playClient(step);
    else if (actor === "server") await this.playServer(step);
    else if (actor === "clock") await vi.advanceTimersByTimeAsync(step["ms"] as number);
    else if (actor === "random") this.dice = step["random"] as number;
    else this.check(step);
    await settled();
  }

  end(): void {
    this.client.close();
    this.leader.close();
  }

  private async playClient(step: Step): Promise<void> {
    const topics = (step["topics"] ?? []) as string[];
    if (step["client"] === "open") {
      this.leader.open();
      await vi.dynamicImportSettled();
      await settled();
      this.client.open();
      await vi.dynamicImportSettled();
    } else if (step["client"] === "subscribe") {
      this.client.subscribe(...topics).catch(({ refusals }: HeliographError) => {
        this.refusals.push(...(refusals ?? []).map(({ code }) => code));
      });
    } else if (step["client"] === "unsubscribe") {
      this.client.unsubscribe(...topics).catch(() => {}); // Nobody waits for its end.
    } else this.end();
  }

  private async playServer(step: Step): Promise<void> {
    const { server } = step;
    if (server === "accept") this.accept(step["token"]);
    else if (server === "refuse") this.attempt().drop(1006);
    else if (server === "expect") this.take(step["frame"] as Step);
    else if (server === "send") this.send(step);
    else if (server === "close") this.socket().drop(step["code"] as number);
    else if (server === "notify") this.notify(step);
    else await this.welcome(step);
  }

  /** The newest, which must be there. */
  private socket(): FakeSocket {
    return this.server.newest;
  }

  /** The try to connect that nobody has answered yet. */
  private attempt(): FakeSocket {
    expect(this.server.sockets.length, "a try to connect").toBe(this.accepted + 1);
    this.accepted += 1;
    return this.socket();
  }

  private accept(token: unknown): void {
    const socket = this.attempt();
    if (token) expect(socket.token).toBe(token);
    socket.accept();
  }

  private take(wanted: Step): void {
    const frame = this.socket().take(wanted["type"] as string);
    expect(frame, `a ${wanted["type"]}`).toBeDefined();
    for (const [name, value] of Object.entries(wanted)) {
      const found = frame?.[name];
      const isEmpty = typeof found === "object" && !Object.keys(found ?? {}).length;
      expect(isEmpty ? null : (found ?? null), name).toEqual(value);
    }
    this.expectedId = frame?.["id"];
  }

  private send({ frame, text }: Step): void {
    const fields = frame as Step | undefined;
    const id = fields?.["id"] === "$" ? { id: this.expectedId } : {};
    this.socket().say(fields ? { ...fields, ...id } : (text as string));
  }

  private async welcome({ token, hello, frame }: Step): Promise<void> {
    this.accept(token);
    await settled();
    this.take({ type: "hello", ...(hello as Step) });
    this.socket().say({ ...WELCOME, id: this.expectedId, ...(frame as Step) });
  }

  private notify({ stream, seqs, epoch = "e", replay = false }: Step): void {
    for (const seq of seqs as number[]) {
      const fields = { stream, topic: stream, epoch, seq, replay };
      this.socket().say({ type: "notification", id: `${stream}${seq}`, ...fields });
    }
  }

  private check(step: Step): void {
    const found: Record<string, [unknown, unknown]> = {
      state: [this.client.status, step["is"]],
      notifications: [this.notifications, step["ids"]],
      topics: [this.client.topics, step["are"]],
      attempts: [this.server.sockets.length, step["number"]],
      tokens: [this.tokensAsked, step["asked"]],
      delay: [this.delay, step["ms"]],
      gaps: [this.gaps, step["are"]],
      error: [this.client.error?.code, step["code"]],
      refusals: [this.refusals, step["codes"]],
    };
    const [is, shouldBe] = found[step["expect"] as string] ?? [];
    expect(is).toEqual(shouldBe);
  }
}
