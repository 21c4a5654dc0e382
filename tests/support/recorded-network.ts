/** A network of three recording plugins, and runtimes for it that share one cache. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type PluginReport, Runtime, type RuntimeOptions } from "../../src/runtime/index.ts";
import { type NetworkConfig, parseNetworkConfig } from "../../src/spec/index.ts";
import { Recorder } from "./recorder.ts";

/** The attachment that tests use unless they need others. */
export const conf = { containerId: "c1", netns: "/run/netns/blue", ifName: "eth0" } as const;

/** The network "net" with the plugins one, two (which has a name of its own) and three. */
export function network(version = "1.1.0", more: object = {}): NetworkConfig {
  const plugins = [{ type: "one" }, { type: "two", name: "own" }, { type: "three" }];
  return parseNetworkConfig(JSON.stringify({ cniVersion: version, name: "net", plugins, ...more }));
}

/** A line of shell that prints a result with one address. */
export function printsIp(address: string, version = "1.1.0"): string {
  return `printf '%s' '${JSON.stringify({ cniVersion: version, ips: [{ address }] })}'`;
}

/** The plugins, and all that the runtimes made here reported. */
export class RecordedNetwork extends Recorder {
  readonly warnings: string[] = [];
  readonly reports: PluginReport[] = [];

  constructor() {
    super("one", "two", "three");
  }

  /** A new runtime, as another process would have it. */
  open(more: Partial<RuntimeOptions> = {}): Runtime {
    return new Runtime({
      pluginDirs: [this.bin],
      cacheDir: this.cacheDir,
      env: { PATH: "/usr/bin:/bin", INHERITED: "yes" },
      onWarning: (text) => this.warnings.push(text),
      onPlugin: (report) => this.reports.push(report),
      ...more,
    });
  }

  /** The names of the cache's files. */
  cached(): string[] {
    const dir = join(this.cacheDir, "results");
    return existsSync(dir) ? readdirSync(dir).sort() : [];
  }
}
