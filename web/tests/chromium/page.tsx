/** A page with the hook, and the strings by which tests/journeys/hook.py pulls it. */
import { StrictMode, useEffect } from "react";
import { flushSync } from "react-dom";
import { createRoot, type Root } from "react-dom/client";
import type { Gap, HeliographError, Notification } from "../../src/index.js";
import {
  type NotificationOptions,
  useWebSocketNotifications,
  type WebSocketNotifications,
} from "../../src/react.js";
import { ManualClock } from "./clock.js";
import { type CountedSocket, noted } from "./sockets.js";

interface Setting {
  readonly url: string;
  readonly user: string;
  readonly topics: readonly string[];
  /** Given one after another, and the last one from then on. */
  readonly tokens: readonly string[];
  /** Whether another component has the connection, as another tab would. */
  readonly follows: boolean;
}

interface Shown {
  readonly options: NotificationOptions;
  readonly onShow: (shown: WebSocketNotifications) => void;
}

function Listener({ options, onShow }: Shown) {
  const shown = useWebSocketNotifications(options);
  useEffect(() => onShow(shown));
  return null;
}

const clock = new ManualClock();
const uncaught: string[] = [];

class Stage {
  readonly #root: Root = createRoot(document.body.appendChild(document.createElement("div")));
  readonly #sockets: CountedSocket[] = [];
  readonly #heard: Notification[] = [];
  readonly #gaps: Gap[] = [];
  readonly #errors: HeliographError[] = [];
  readonly #setting: Setting;
  readonly #options: NotificationOptions;
  #topics: readonly string[];
  #shown!: WebSocketNotifications;
  #isLed = false;
  #isOpen = false;
  #tokensAsked = 0;
  #dice = 0.5;

  constructor(setting: Setting) {
    const { url, user, topics } = setting;
    this.#setting = setting;
    this.#topics = topics;
    this.#options = {
      ...{ url, user, WebSocket: noted(this.#sockets) },
      random: () => this.#dice,
    };
    this.#render();
  }

  async open(): Promise<void> {
    this.#isLed = true;
    this.#render();
    await settled();
    this.#isOpen = true;
    this.#render();
  }

  close(): void {
    this.#isLed = this.#isOpen = false;
    this.#render();
  }

  /** One by the function for it, several by another render. */
  subscribe(topics: readonly string[]): void {
    const [topic = "", ...others] = topics;
    if (others.length) this.#show([...this.#topics, ...topics]);
    else this.#shown.subscribePattern(topic);
  }

  unsubscribe(topics: readonly string[]): void {
    const rendered = topics.filter((topic) => this.#topics.includes(topic));
    for (const topic of topics)
      if (!rendered.includes(topic)) this.#shown.unsubscribePattern(topic);
    if (rendered.length) this.#show(this.#topics.filter((topic) => !rendered.includes(topic)));
  }

  throwDice(dice: number): void {
    this.#dice = dice;
  }

  async advance(ms: number): Promise<void> {
    await clock.advance(ms, settled);
  }

  /** What there is to see once nothing happens by itself any more. */
  async look(): Promise<object> {
    let before: string;
    do {
      before = JSON.stringify(this.#traffic);
      await settled();
    } while (before !== JSON.stringify(this.#traffic));
    const { status, notifications, lastNotification } = this.#shown;
    return {
      sockets: this.#traffic,
      ...{ status, delay: clock.newestMs, tokens: this.#tokensAsked },
      shown: notifications.map(named),
      last: lastNotification && named(lastNotification),
      heard: this.#heard.map(named),
      gaps: this.#gaps,
      refusals: this.#errors.filter(({ kind }) => kind === "request_refused").flatMap(codesOf),
      ending: this.#errors.findLast(({ kind }) => kind === "refused")?.code ?? null,
    };
  }

  /** Unmounts it. What it has left. */
  async end(): Promise<object> {
    this.#root.unmount();
    await settled();
    const isOpen = ({ readyState }: CountedSocket) => readyState < WebSocket.CLOSING;
    return { timers: clock.pending, sockets: this.#sockets.filter(isOpen).length, uncaught };
  }

  get #traffic(): object[] {
    return this.#sockets.map(({ readyState, sent, heard }) => ({ readyState, sent, heard }));
  }

  #show(topics: readonly string[]): void {
    this.#topics = topics;
    this.#render();
  }

  #render(): void {
    const { follows, topics } = this.#setting;
    const getToken = () => this.#nextToken();
    const leader = { ...this.#options, topics, getToken, enabled: this.#isLed };
    const ours = {
      ...this.#options,
      ...(follows ? { token: "-" } : { getToken }),
      topics: this.#topics,
      enabled: this.#isOpen,
      onNotification: (notification: Notification) => void this.#heard.push(notification),
      onGap: (gap: Gap) => void this.#gaps.push(gap),
      onError: (error: HeliographError) => void this.#errors.push(error),
    };
    const onShow = (shown: WebSocketNotifications) => {
      this.#shown = shown;
    };
    flushSync(() =>
      this.#root.render(
        <StrictMode>
          {follows && <Listener options={leader} onShow={() => {}} />}
          <Listener options={ours} onShow={onShow} />
        </StrictMode>,
      ),
    );
  }

  #nextToken(): string {
    const { tokens } = this.#setting;
    this.#tokensAsked += 1;
    return tokens[this.#tokensAsked - 1] ?? tokens.at(-1) ?? `token-${this.#tokensAsked}`;
  }
}

function named({ id, title }: Notification): Pick<Notification, "id" | "title"> {
  return { id, title };
}

function codesOf(error: HeliographError): (number | undefined)[] {
  return (error.refusals ?? [error]).map(({ code }) => code);
}

/** Once everything has happened that waits for no timer and for no server, in this tab or another. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) {
    await navigator.locks.request(`turn ${Math.random()}`, () => {});
    await crossed();
  }
}

async function crossed(): Promise<void> {
  const [here, there] = [new BroadcastChannel("turn"), new BroadcastChannel("turn")];
  await new Promise<unknown>((resolve) => {
    there.onmessage = resolve;
    here.postMessage(null);
  });
  here.close();
  there.close();
}

window.addEventListener("error", ({ message }) => uncaught.push(message));
window.addEventListener("unhandledrejection", ({ reason }) => uncaught.push(String(reason)));
clock.install();
Object.assign(window, {
  begin: (setting: Setting) => void Object.assign(window, { stage: new Stage(setting) }),
});
