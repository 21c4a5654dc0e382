import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Conflist } from "../support/chain.ts";
import { EXECUTABLE, TestDaemon } from "../support/daemon.ts";
import { must } from "../support/exec.ts";

/** What `hawser install` makes: entry programs, the full executable and a network. */
export class Installed implements Disposable {
  readonly binDir: string;
  readonly confDir: string;
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
    this.binDir = join(home, "bin");
    this.confDir = join(home, "net.d");
  }

  static async install(network: Conflist): Promise<Installed> {
    const installed = new Installed(mkdtempSync(join(tmpdir(), "hawser-node-")));
    const { binDir, confDir } = installed;
    const conflist = join(installed.#home, `10-${network.name}.conflist`);
    writeFileSync(conflist, JSON.stringify(network));
    const places = ["--bin-dir", binDir, "--conf-dir", confDir];
    await must([EXECUTABLE, "install", ...places, "--conflist", conflist]);
    await must([join(binDir, "hawser"), "install", ...places, "--verify"]);
    return installed;
  }

  /** The daemon as it is installed. */
  async daemon(...words: string[]): Promise<TestDaemon> {
    return await TestDaemon.start(words, {}, [join(this.binDir, "hawser")]);
  }

  [Symbol.dispose](): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}
