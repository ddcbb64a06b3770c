/** What tabs of one browser share: locks and channels. */

type Granted = () => Promise<unknown>;

/** Web Locks, exclusive ones: the next gets it once the one before is done. */
export class FakeLocks {
  private readonly queues = new Map<string, Promise<unknown>>();

  request(name: string, { signal }: { signal: AbortSignal }, granted: Granted): Promise<unknown> {
    const before = this.queues.get(name) ?? Promise.resolve();
    const mine = before.then(() => {
      if (signal.aborted) throw signal.reason;
      return granted();
    });
    this.queues.set(
      name,
      mine.catch(() => {}),
    );
    return mine;
  }
}

type Later = (hear: () => void) => unknown;

/** Channels by name. What is posted is copied, and heard by all others a moment later, or when `later` is. */
export function fakeChannels(later: Later = queueMicrotask): typeof BroadcastChannel {
  const all = new Set<Channel>();

  class Channel {
    onmessage: ((event: { data: unknown }) => void) | null = null;

    constructor(readonly name: string) {
      all.add(this);
    }

    postMessage(message: unknown): void {
      if (!all.has(this)) throw new Error("InvalidStateError");
      const data = structuredClone(message);
      for (const other of all) {
        if (other === this || other.name !== this.name) continue;
        later(() => all.has(other) && other.onmessage?.({ data }));
      }
    }

    close(): void {
      all.delete(this);
    }
  }

  return Channel as unknown as typeof BroadcastChannel;
}
