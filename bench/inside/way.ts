import type { Conflist, PluginObject } from "../../tests/support/chain.ts";
import type { Backend } from "../../tests/support/plugin-sets.ts";

export type DaemonStart = "unit" | "by hand";

/** How a contender does its work; plain data, because a worker process gets it as JSON. */
export type Way =
  | {
      readonly way: "executables";
      readonly dir: string;
      readonly backend?: Backend;
      /** The node daemon is up beside it: with the environment of its unit, or started by hand. */
      readonly daemon?: DaemonStart;
    }
  | {
      readonly way: "runtime";
      readonly dir: string;
      /** Another checkout, whose runtime and plugins are run; this one when absent. */
      readonly checkout?: string;
    }
  | { readonly way: "kernel" }
  /** The kernel's part, and a process that does nothing for each of so many plugins. */
  | { readonly way: "floor"; readonly processes: number }
  /** A veth pair made and deleted, and nothing else. */
  | { readonly way: "veth" }
  | { readonly way: "netavark"; readonly program: string }
  | { readonly way: "start"; readonly argv: readonly string[] };

/** What a subject is to attach. */
export interface Order {
  readonly how: Way;
  /** With IPv6 besides IPv4. */
  readonly dualStack?: boolean;
  /** Another network than dbnet. */
  readonly list?: Conflist;
  /** The result that the first plugin of the list is to find. */
  readonly prevResult?: PluginObject;
}
