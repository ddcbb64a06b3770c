/** Places in streams, and what cannot be had of one. */
import { type Body, number, text } from "./fields.js";

/** Everything up to `seq` has arrived, in the numbering `epoch`. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}
export type PositionMap = Readonly<Record<string, Position>>;

/** Something of the stream may be missing; `reason` is the server's word for why. */
export interface Gap {
  readonly stream: string;
  readonly reason: string;
}

export function readPosition(body: Body): Position | null {
  const epoch = text(body, "epoch");
  const seq = number(body, "seq");
  return epoch && seq !== null ? { epoch, seq } : null;
}
