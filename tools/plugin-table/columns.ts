import { PLUGIN_NAMES } from "../rooms.ts";

/** What the table of the plugins says: one test for each of its cells, by its name. */

export interface Column {
  /** Its head in the table. */
  readonly title: string;
  /** The name of the tests that fill it. */
  readonly claim: string;
  /** Depends on the kernel: filled in the kernel lab, too. */
  readonly ofKernel?: true;
  /** Why a plugin has no such test. */
  readonly without?: Readonly<Record<string, string>>;
}

/** Versions of the specification, oldest first. */
export const VERSIONS: readonly string[] = [
  ...["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"],
];

/** The first version of plugins that do not support all, as with the Go plugins. */
export const FIRST_VERSION: Readonly<Record<string, string>> = {
  bandwidth: "0.3.0",
  firewall: "0.4.0",
  vrf: "0.3.1",
};

/** Plugins whose whole effect ends with the container's namespace, or is none. */
const STATELESS = { loopback: "no state", static: "no state", vrf: "no state" };
/** Its plugins are those of version 1.1.1. */
const NOT_IN_DEBIAN = { dummy: "not there", tap: "not there" };
/** No other implementation has it. */
const OWN_ALONE = { cluster: "ours alone" };
const OWN_DAEMON = { dhcp: "own daemon" };

/** The columns of what a plugin does by itself. */
const WORK: readonly Column[] = [
  { title: "ADD", claim: "ADD gives the result that is promised" },
  { title: "CHECK", claim: "CHECK finds it as ADD left it" },
  { title: "DEL", claim: "DEL leaves nothing, which CHECK misses" },
  { title: "DEL again", claim: "DEL of what is gone succeeds" },
  { title: "DEL without namespace", claim: "DEL without a namespace leaves nothing" },
  {
    title: "GC",
    claim: "GC takes what is not valid, and leaves what is",
    without: STATELESS,
  },
  { title: "STATUS", claim: "STATUS tells whether an ADD can succeed" },
];

const OWN: readonly Column[] = [
  ...WORK.map((column): Column => ({ ...column, ofKernel: true })),
  ...VERSIONS.map((version) => {
    const tooOld = Object.entries(FIRST_VERSION).filter(([, first]) => {
      return VERSIONS.indexOf(version) < VERSIONS.indexOf(first);
    });
    return {
      title: version,
      claim: `ADD, CHECK and DEL speak version ${version}`,
      without: Object.fromEntries(tooOld.map(([plugin, first]) => [plugin, `from ${first}`])),
    };
  }),
];

/** The columns of the reference plugins beside ours. */
const BESIDE: readonly Column[] = [
  {
    title: "Go's ADD, our DEL",
    claim: "what the newest Go plugins add, ours check and remove",
    without: { ...OWN_DAEMON, ...OWN_ALONE },
  },
  {
    title: "our ADD, Go's DEL",
    claim: "what ours add, the newest Go plugins check and remove",
    without: { ...OWN_DAEMON, ...OWN_ALONE },
  },
  {
    title: "Debian's ADD, our DEL",
    claim: "what Debian's plugins add, ours check and remove",
    without: { ...OWN_DAEMON, ...OWN_ALONE, ...NOT_IN_DEBIAN, vrf: "it loses routes" },
  },
  {
    title: "our ADD, Debian's DEL",
    claim: "what ours add, Debian's plugins check and remove",
    without: { ...OWN_DAEMON, ...OWN_ALONE, ...NOT_IN_DEBIAN },
  },
];

export const COLUMNS: readonly Column[] = [...OWN, ...BESIDE];

/** Where the tests are. */
export const TABLE_TESTS = "tests/plugins/table/";

/** Why a cell is not filled by a test; undefined when it is. */
export function reasonWithout(plugin: string, column: Column): string | undefined {
  return column.without?.[plugin];
}

/** Every cell that a test fills, as the run names its test. */
export function cellNames(): string[] {
  return PLUGIN_NAMES.flatMap((plugin) => {
    return COLUMNS.filter((column) => reasonWithout(plugin, column) === undefined).map(
      (column) => `${plugin} > ${column.claim}`,
    );
  });
}
