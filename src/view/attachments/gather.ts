/** Meets the attachments of all sources, the one with the most to tell first. */
import { basename } from "node:path";
import { addTo } from "../../base/index.ts";
import { Journal } from "../../journal/index.ts";
import {
  type CachedFile,
  type CacheMemory,
  type LoadedNetwork,
  loadNetworks,
} from "../../runtime/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { linkNames } from "../../state/index.ts";
import { OwnerStore, ownerComment } from "../../state/owner/index.ts";
import {
  cacheFiles,
  FactsByText,
  type HostLinks,
  hostLinks,
  journalFiles,
  type NetworkFacts,
  netnsNotes,
  type OnProblem,
  orProblem,
  type Places,
  type Problem,
  type Reservation,
  type ReservationPlaces,
  reservationsOf,
} from "../sources/index.ts";
import { type Draft, Drafts } from "./draft.ts";

/** What the files of a configuration directory have. */
export type Configured = ReturnType<typeof loadNetworks>;

const NONE: Configured = { networks: [], skipped: [], warnings: [] };

/** All that was read. */
export interface Gathered {
  readonly drafts: readonly Draft[];
  readonly links: HostLinks | undefined;
  readonly configured: Configured;
  /** By their names. */
  readonly networks: ReadonlyMap<string, LoadedNetwork>;
  /** All of them, those that no attachment has among them. */
  readonly reservations: readonly Reservation[];
  /** The reservation of an address, in the form that results have, in a network's directory. */
  readonly reservationAt: (network: string, address: string) => Reservation | undefined;
  /** Whether a runtime, a plugin or the daemon may know of an attachment where nothing could be read. */
  readonly mayBeUnread: (attachment: Attachment) => boolean;
}

export function gather(places: Places, onProblem: OnProblem, memory?: CacheMemory): Gathered {
  const { cacheDirs, stateDir, confDir } = places;
  const drafts = new Drafts();
  const unread: Problem[] = [];
  const onUnread: OnProblem = (problem) => {
    unread.push(problem);
    onProblem(problem);
  };
  meetCached(drafts, cacheFiles(cacheDirs, onUnread, memory), onUnread);
  meetNotes(drafts, stateDir, onUnread);
  meetJournal(drafts, stateDir, onUnread);
  const configured = orProblem(confDir, onProblem, () => loadNetworks(confDir)) ?? NONE;
  const networks = new Map(configured.networks.map((each) => [each.config.name, each]));
  const { named, fleets } = stateFacts(drafts, networks);
  const reservations = reservationsOf({ dataDir: places.dataDir, named, fleets }, onProblem);
  meetReservations(drafts, reservations);
  const links = hostLinks(onProblem);
  if (links !== undefined) meetLinks(drafts, links);
  const byPlace = new Map(reservations.map((one) => [`${one.network}\0${one.address}`, one]));
  const reservationAt = (network: string, address: string): Reservation | undefined =>
    byPlace.get(`${network}\0${address}`);
  const mayBeUnread = ({ containerId }: Attachment): boolean =>
    unread.some(
      ({ source, error }) => error !== undefined || basename(source).includes(containerId),
    );
  return {
    ...{ drafts: drafts.all(), links, configured, networks, reservations },
    ...{ reservationAt, mayBeUnread },
  };
}

function meetCached(drafts: Drafts, files: readonly CachedFile[], onProblem: OnProblem): void {
  for (const file of files) {
    const { attachment } = file;
    if (attachment === undefined) continue;
    if (attachment.containerId === "") {
      onProblem({ source: file.path, text: "it names no attachment", refused: false });
      continue;
    }
    const draft = drafts.of(attachment, "cache");
    // Of two runtimes that remember one attachment, the later one has called the plugins last.
    if (draft.file === undefined || draft.file.writtenAt < file.writtenAt) draft.file = file;
  }
}

/** What is noted of the namespace of an attachment that a cache has is read when it is needed. */
function meetNotes(drafts: Drafts, stateDir: string, onProblem: OnProblem): void {
  const { names, read } = netnsNotes(stateDir, onProblem);
  if (names.size === 0) return;
  const rest = new Set(names);
  for (const draft of drafts.all()) {
    const name = OwnerStore.nameOf(draft);
    if (!rest.delete(name)) continue;
    draft.sources.add("record");
    draft.note = () => read(name);
  }
  for (const name of rest) {
    const note = read(name);
    if (note !== undefined) drafts.of(note, "record").note = () => note;
  }
}

/** The journal adds nothing to what a runtime remembers: that it knows it shows by a name. */
function meetJournal(drafts: Drafts, stateDir: string, onProblem: OnProblem): void {
  const { names, read } = journalFiles(stateDir, onProblem);
  if (names.size === 0) return;
  const met = new Set<string>();
  for (const draft of drafts.all()) {
    const name = Journal.nameOf(draft);
    if (draft.file === undefined || draft.note === undefined || !names.has(name)) continue;
    draft.sources.add("journal");
    met.add(name);
  }
  for (const name of names) {
    const lines = met.has(name) ? undefined : read(name);
    if (lines !== undefined) drafts.of(lines[0], "journal").journal = lines;
  }
}

/**
 * What the configuration of each attachment's ADD states, else that of its network now. Gives the
 * directories of reservations that any of them names.
 */
function stateFacts(
  drafts: Drafts,
  networks: ReadonlyMap<string, LoadedNetwork>,
): Pick<ReservationPlaces, "named"> & {
  readonly fleets: ReadonlyMap<string, readonly string[]>;
} {
  const facts = new FactsByText();
  const named = new Map<string, Set<string>>();
  const fleets = new Map<string, string[]>();
  const note = (network: string, { hostLocal, fleet }: NetworkFacts): void => {
    const sharers = fleet === undefined ? [] : (fleets.get(fleet) ?? []);
    if (fleet !== undefined && !sharers.includes(network)) fleets.set(fleet, [...sharers, network]);
    const dataDir = hostLocal?.dataDir;
    if (dataDir === undefined) return;
    const names = named.get(dataDir) ?? new Set();
    named.set(dataDir, names.add(network));
  };
  for (const draft of drafts.all()) {
    const { network, file, journal } = draft;
    const now = networks.get(network)?.config.text;
    const text = file?.attachment?.config ?? journal?.[0].stdin ?? now;
    draft.facts = facts.of(text);
    note(network, draft.facts);
  }
  for (const [name, { config }] of networks) note(name, facts.of(config.text));
  return { named, fleets };
}

/** Holders that are no attachments, such as a line by a person, are the pools' matter. */
function meetReservations(drafts: Drafts, reservations: readonly Reservation[]): void {
  const byContainer = new Map<string, Draft[]>();
  const keyOf = (network: string, containerId: string): string => `${network}\0${containerId}`;
  for (const draft of drafts.all()) {
    addTo(byContainer, keyOf(draft.network, draft.containerId), draft);
  }
  for (const one of reservations) {
    const { network: first, sharedBy = [first], holder } = one;
    if (holder.kind === "attachment") {
      // Of networks that share a fleet's, the one that is known to have the attachment.
      const network = sharedBy.find((name) => drafts.has({ ...holder, network: name })) ?? first;
      drafts.of({ ...holder, network }, "reservation").reservations.push(one);
    } else if (holder.kind === "container" && holder.isLine !== true) {
      const { containerId } = holder;
      const known = byContainer.get(keyOf(first, containerId)) ?? [];
      // Plugins before 0.7 did not note the interface.
      const [draft] = known.length > 0 ? known : [{ network: first, containerId, ifName: "" }];
      if (draft !== undefined) drafts.of(draft, "reservation").reservations.push(one);
    }
  }
}

/** Links by their marks; one whose mark leads to its own name is an attachment's for certain. */
function meetLinks(drafts: Drafts, { byAlias }: HostLinks): void {
  const marks = new Set(byAlias.keys());
  for (const draft of drafts.all()) {
    const mark = ownerComment(draft);
    const link = byAlias.get(mark);
    if (link === undefined) continue;
    draft.sources.add("link");
    draft.link = link;
    marks.delete(mark);
  }
  for (const mark of marks) {
    const [network = "", containerId = "", ifName = "", ...rest] = mark.split(" ");
    const link = byAlias.get(mark);
    const owner = { network, containerId, ifName };
    if (link === undefined || ifName === "" || rest.length > 0) continue;
    if ([...linkNames("veth", owner)].includes(link.name)) drafts.of(owner, "link").link = link;
  }
}
