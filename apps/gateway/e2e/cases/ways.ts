import { type DoorName, doorNames } from "../doors.ts";

/** A way to ask for a response. */
export interface Way {
  name: string;
  door: DoorName;
  /** Streamed, in one piece, or as messages of a WebSocket. */
  form: "sse" | "json" | "socket";
}

/** All ways. Those through Envoy are left out where it is not installed. */
export const ways: readonly Way[] = [
  ...doorNames.flatMap((door): Way[] => [
    { name: `${door}-sse`, door, form: "sse" },
    { name: `${door}-json`, door, form: "json" },
  ]),
  { name: "socket", door: "http", form: "socket" },
];
