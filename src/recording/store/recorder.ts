import type { RecordedCall } from "../form/index.ts";
import { CallLog } from "./log.ts";
import type { Switch } from "./switch.ts";

/** Records calls while the switch is on. */
export class Recorder {
  readonly #switch: Switch;
  readonly #log: CallLog;

  constructor(stateDir: string, at: Switch) {
    this.#switch = at;
    this.#log = new CallLog(stateDir);
  }

  /** @throws SystemError, as on a full disk */
  take(call: RecordedCall): void {
    const settings = this.#switch.look();
    if (settings === undefined) return;
    const { networks, operations } = settings;
    if (networks?.includes(call.network) === false) return;
    if (operations?.includes(call.operation) === false) return;
    this.#log.add(call, settings.maxBytes);
  }
}
