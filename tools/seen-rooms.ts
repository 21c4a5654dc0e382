import { KERNEL } from "./kernel-rooms.ts";
import type { Room } from "./room.ts";

/** What people see, and programs read: the forms of things, the node's network as a graph, the API, the page. */
export const SEEN: readonly Room[] = [
  {
    name: "forms",
    purpose: "the form in JSON of each thing that is shown: in commands, in the API, on the page",
    platform: "pure",
    imports: [],
  },
  {
    name: "topology",
    purpose:
      "the node's network as a graph: what hangs on what, the way of a packet, where to draw it",
    platform: "pure",
    imports: ["addr", "forms"],
    folders: true,
  },
  {
    name: "api",
    purpose:
      "the joined view for programs: resources, a stream of changes, its description; reads alone",
    platform: "bun",
    imports: [
      ...["spec", "addr", "runtime", "state", "journal", "view", "recording", "doctor"],
      ...["fleet", "cluster", "store", "overlay", "forms", "topology"],
      ...KERNEL.map(({ name }) => name),
    ],
    folders: true,
  },
  {
    name: "page",
    purpose: "the picture of the node in a browser",
    platform: "browser",
    imports: ["addr", "forms", "topology"],
    folders: true,
  },
];
