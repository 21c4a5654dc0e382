import { dirname } from "node:path";
import { DEFAULT_PLUGIN_DIR, DISTRIBUTION_PLUGIN_DIRS, type Env } from "../../base/index.ts";
import { splitPath } from "../../invoke/index.ts";
import { Runtime } from "../../runtime/index.ts";
import { ENV } from "../../spec/index.ts";
import { type AttachmentSync, syncToJson } from "../../sync/index.ts";
import type { EndedCall } from "../calls/index.ts";
import { SYNC_VARIABLE } from "../environment.ts";
import type { DaemonFlags } from "../flags.ts";
import type { Log } from "../observe/index.ts";
import { DaemonExecutor, type DaemonExecutorOptions } from "./executor.ts";
import { Syncer, type SyncTrigger } from "./syncer.ts";
import { Triggers } from "./triggers.ts";

export interface UpkeepOptions {
  readonly flags: DaemonFlags;
  readonly env: Env;
  readonly program: string;
  readonly log: Log;
  readonly perform: DaemonExecutorOptions["perform"];
  readonly looked: (trigger: SyncTrigger) => void;
  readonly synced: (plugin: string, piece: string, result: "restored" | "left") => void;
}

const INTERVAL_MS = 600_000;
/** Where most nodes have the plugins of others, beside the directory of this program. */
const PLUGIN_DIRS = [DEFAULT_PLUGIN_DIR, ...DISTRIBUTION_PLUGIN_DIRS];

/** The daemon's care for attachments: always on request, and by itself where that is switched on. */
export class Upkeep implements Disposable {
  readonly #options: UpkeepOptions;
  readonly #syncer: Syncer;
  /** Where plugins are searched, in order. */
  readonly pluginDirs: readonly string[];
  /** Calls plugins as the daemon itself does. */
  readonly runtime: Runtime;
  /** What the daemon's own calls have on stdin: they are in no log and no metric of calls. */
  readonly #own = new WeakSet<EndedCall["stdin"]>();
  #triggers: Triggers | undefined;

  constructor(options: UpkeepOptions) {
    const { flags, env, program, log, perform, looked } = options;
    this.#options = options;
    const dirs = [...splitPath(env[ENV.PATH] ?? ""), dirname(program), ...PLUGIN_DIRS];
    const executor = new DaemonExecutor({
      ...{ program, perform },
      begin: ({ stdin }) => void this.#own.add(stdin),
    });
    const onWarning = (reason: string): void => log.warn("sync", { reason });
    this.pluginDirs = [...new Set(dirs)];
    this.runtime = new Runtime({ pluginDirs: this.pluginDirs, env, executor, onWarning });
    this.#syncer = new Syncer({
      env,
      runtime: this.runtime,
      intervalMs: flags.syncInterval ?? INTERVAL_MS,
      onReport: (report, trigger) => this.#report(report, trigger),
      onLook: (trigger) => looked(trigger),
      onFailed: (reason) => log.warn("sync", { reason }),
    });
  }

  /** Whether a call is one of the daemon's own looks. */
  isOwn(stdin: EndedCall["stdin"]): boolean {
    return this.#own.has(stdin);
  }

  /** Where it is switched on, looks by itself from now on. */
  begin(): void {
    const { flags, env, log } = this.#options;
    if (flags.sync !== true && env[SYNC_VARIABLE] !== "1") return;
    this.#triggers = new Triggers(
      env,
      (trigger) => this.#syncer.changed(trigger),
      (reason) => log.warn("sync", { reason }),
    );
    this.#syncer.begin();
  }

  /** Looks at all attachments now. */
  async sync(): Promise<Readonly<Record<string, unknown>>> {
    const reports = await this.#syncer.look("request");
    return { attachments: reports.map(syncToJson) };
  }

  async end(): Promise<void> {
    this.#triggers?.[Symbol.dispose]();
    await this.#syncer.end();
  }

  [Symbol.dispose](): void {
    this.#triggers?.[Symbol.dispose]();
    this.#syncer[Symbol.dispose]();
  }

  #report(report: AttachmentSync, trigger: SyncTrigger): void {
    const { network, containerId: container, ifName, reason, plugins } = report;
    const of = (state: "restored" | "left"): Record<string, unknown>[] =>
      plugins.flatMap(({ type: plugin, pieces = [] }) =>
        pieces.flatMap(({ piece, missed, reason: why, state: found }) => {
          if (found !== state) return [];
          this.#options.synced(plugin, piece, state);
          return [{ plugin, piece, missed, ...(why === undefined ? {} : { reason: why }) }];
        }),
      );
    const [restored, left] = [of("restored"), of("left")];
    const failed = plugins.flatMap(({ type: plugin, error }) =>
      error === undefined ? [] : [{ plugin, missed: error.message }],
    );
    const facts = { network, container, ifName, trigger };
    if (restored.length > 0) this.#options.log.info("restored", { ...facts, pieces: restored });
    if (report.state !== "left") return;
    const pieces = [...left, ...failed];
    this.#options.log.warn("not restored", { ...facts, ...(reason && { reason }), pieces });
  }
}
