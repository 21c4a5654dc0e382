import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Conflist } from "../support/chain.ts";
import { must, run } from "../support/exec.ts";
import { has } from "../support/features.ts";
import { containersEnvironment, placeOptions, prepareContainers } from "./containers-conf.ts";
import { fillRootfs, missingOf } from "./rootfs.ts";

/** A buildah with storage, state and network configuration of its own, under one directory. */
export class Buildah {
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
  }

  static create(pluginDirs: readonly string[], network: Conflist): Buildah {
    const home = mkdtempSync(join(tmpdir(), "hawser-buildah-"));
    prepareContainers({ home, pluginDirs, networks: [network] });
    fillRootfs(join(home, "rootfs"));
    return new Buildah(home);
  }

  /** What is missing on this machine; undefined when nothing is. */
  static missing(): string | undefined {
    return missingOf(has, ["root", "buildah", "runc", "busybox"]);
  }

  /** Makes a working container with the root file system; gives its name. */
  async from(): Promise<string> {
    const name = (await this.#run("from", "--isolation", "oci", "scratch")).trim();
    await this.#run("copy", name, join(this.#home, "rootfs"), "/");
    return name;
  }

  /** Runs a shell line in the working container, as a RUN of a Dockerfile does. */
  async shell(container: string, line: string): Promise<string> {
    const how = ["--isolation", "oci", "--runtime", "runc"];
    return await this.#run("run", ...how, container, "/bin/sh", "-c", line);
  }

  async close(): Promise<void> {
    const env = containersEnvironment(this.#home);
    await run(["buildah", ...placeOptions(this.#home), "rm", "--all"], { env });
    rmSync(this.#home, { recursive: true, force: true });
  }

  async #run(...words: string[]): Promise<string> {
    const env = containersEnvironment(this.#home);
    return await must(["buildah", ...placeOptions(this.#home), ...words], { env });
  }
}
