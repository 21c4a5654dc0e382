import type { MapNodeForm } from "../../forms/index.ts";

/** What each kind of thing is called. */
export const KIND_WORDS: Readonly<Record<MapNodeForm["kind"], string>> = {
  outside: "outside",
  host: "host",
  port: "port of the host",
  uplink: "link that leads out",
  bridge: "bridge",
  link: "link of the host",
  namespace: "container",
  "fleet-node": "node of the fleet",
};
