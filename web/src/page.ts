/** The page that the client lives in, if there is one. */

/** Calls `onWake` when somebody looks at the page again, or the network is back. Returns how to stop. */
export function watchPage(onWake: () => void): () => void {
  // React Native has a window, and no document.
  if (!globalThis.document) return () => {};
  const onVisible = () => {
    if (document.visibilityState === "visible") onWake();
  };
  const watching = new AbortController(); // As an option it says by its `signal` when to stop.
  window.addEventListener("online", onWake, watching);
  window.addEventListener("pageshow", onVisible, watching);
  document.addEventListener("visibilitychange", onVisible, watching);
  return () => watching.abort();
}
