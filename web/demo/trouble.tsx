/** Lets things go wrong, to show that nothing is lost. */
import { useEffect, useId, useState } from "react";
import type { Notification } from "../src/index.js";
import { cut, loseNextPost } from "./emulator.js";
import { sendTo } from "./sending.js";

interface Props {
  readonly user: string;
  readonly isConnected: boolean;
  readonly notifications: readonly Notification[];
}

interface Trouble {
  readonly words: string;
  readonly happyEnd: string;
  readonly cause: (user: string) => Promise<void>;
  readonly titles: readonly string[];
}

const DROP: Trouble = {
  words: "The connection was cut, and one notification is sent meanwhile …",
  happyEnd: "It came back, said where it had been, and got what it had missed.",
  cause: cut,
  titles: ["Sent while you were away"],
};
const LOSE: Trouble = {
  words: "The first of two notifications is lost on its way …",
  happyEnd:
    "The second one showed the hole; the first was asked for again. Both are here, in order.",
  cause: loseNextPost,
  titles: ["One of two: lost on its way", "Two of two: shows the hole"],
};

export function TroubleButtons({ user, isConnected, notifications }: Props) {
  const id = useId();
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [sent, setSent] = useState<readonly string[]>([]);
  const [failure, setFailure] = useState("");
  const [isOver, setOver] = useState(false);
  const isAllHere =
    sent.length === trouble?.titles.length &&
    sent.every((one) => notifications.some((each) => each.id === one));
  // For good, also if they are archived then.
  useEffect(() => {
    if (isAllHere) setOver(true);
  }, [isAllHere]);
  const isBusy = trouble !== null && !isOver && !failure;

  async function begin(next: Trouble) {
    setTrouble(next);
    setSent([]);
    setOver(false);
    setFailure("");
    try {
      await next.cause(user);
      for (const title of next.titles) {
        const sentId = await sendTo(user, { title, message: "", priority: "normal" });
        setSent((before) => [...before, sentId]);
      }
    } catch (error) {
      setFailure((error as Error).message);
    }
  }

  const words = trouble && (failure || (isOver ? trouble.happyEnd : trouble.words));
  return (
    <section className="part trouble" aria-labelledby={id}>
      <h3 id={id}>Trouble</h3>
      <div className="row">
        <button type="button" disabled={!isConnected || isBusy} onClick={() => begin(DROP)}>
          Drop my connection
        </button>
        <button type="button" disabled={!isConnected || isBusy} onClick={() => begin(LOSE)}>
          Lose the next post
        </button>
      </div>
      <p className={failure ? "hint error" : "hint"} role="status">
        {words ??
          "Each breaks something in the emulator while a notification is sent: it comes all the same."}
      </p>
    </section>
  );
}
