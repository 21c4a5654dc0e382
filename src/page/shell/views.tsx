import type { FunctionComponent } from "preact";
import { AttachmentsView } from "../attachments/index.tsx";
import { CallsView } from "../calls/index.tsx";
import { DoctorView } from "../doctor/index.tsx";
import { FleetView } from "../fleet/index.tsx";
import { MapView } from "../map/index.tsx";
import { NetworksView } from "../networks/index.tsx";
import { PortsView } from "../ports/index.tsx";
import { RangesView } from "../ranges/index.tsx";
import { RulesView } from "../rules/index.tsx";
import type { View } from "../state/location.ts";

export interface ViewEntry {
  readonly title: string;
  /** The letter that leads there behind `g`. */
  readonly key: string;
  readonly component: FunctionComponent;
}

/** What each view is called, and what draws it. */
export const VIEW_ENTRIES: Readonly<Record<View, ViewEntry>> = {
  map: { title: "Map", key: "m", component: MapView },
  attachments: { title: "Attachments", key: "a", component: AttachmentsView },
  ranges: { title: "Ranges", key: "r", component: RangesView },
  ports: { title: "Ports", key: "p", component: PortsView },
  rules: { title: "Rules", key: "u", component: RulesView },
  calls: { title: "Calls", key: "c", component: CallsView },
  doctor: { title: "Doctor", key: "d", component: DoctorView },
  networks: { title: "Networks", key: "n", component: NetworksView },
  fleet: { title: "Fleet", key: "f", component: FleetView },
};
