/** When to open the connection that takes another's place, before the gateway ends that. */
import { type Body, number } from "./fields.js";

const LONGEST_MARGIN_MS = 300_000;

/**
 * Milliseconds from the welcome to the first try, and between later ones.
 *
 * Jittered over a half of the margin, so that connections of one moment are not replaced in one.
 */
export function replacementDelay(welcome: Body, tries: number, random: number): number {
  const maxAge = number(welcome, "max_age_ms") || 7_200_000;
  const margin = Math.min(LONGEST_MARGIN_MS, maxAge / 10);
  return tries === 0 ? maxAge - margin * (0.5 + random / 2) : margin / 4;
}
