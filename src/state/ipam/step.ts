import { CniError, ErrorCode, type Result } from "../../spec/index.ts";
import type { Revert, Step } from "../step.ts";

/** The plugin kit's delegation, as far as a step needs it. */
export interface IpamDelegate {
  add(type: string): Promise<Result>;
  del(type: string): Promise<void>;
  check(type: string): Promise<void>;
}

/** Addresses from an IPAM plugin, for as long as the attachment lives. */
export class IpamStep implements Step {
  readonly name = "addresses";
  readonly #type: string;
  readonly #delegate: IpamDelegate;
  readonly #onResult: (result: Result) => void;
  #result: Result | undefined;

  /** `onResult` is told what the delegate gave, before the next step runs. */
  constructor(type: string, delegate: IpamDelegate, onResult: (result: Result) => void) {
    this.#type = type;
    this.#delegate = delegate;
    this.#onResult = onResult;
  }

  describe(): string {
    const addresses = this.#result?.ips.map((ip) => ip.address).join(", ");
    return addresses === undefined ? `from ${this.#type}` : `${addresses} from ${this.#type}`;
  }

  async apply(): Promise<Revert> {
    const result = await this.#delegate.add(this.#type);
    const revert = (): Promise<void> => this.#delegate.del(this.#type);
    try {
      if (result.ips.length === 0) {
        throw new CniError(
          ErrorCode.INVALID_NETWORK_CONFIG,
          "IPAM plugin returned missing IP config",
          { details: `plugin ${this.#type} gave no address` },
        );
      }
      this.#result = result;
      this.#onResult(result);
    } catch (error) {
      await revert();
      throw error;
    }
    return revert;
  }

  async check(): Promise<void> {
    await this.#delegate.check(this.#type);
  }

  async undo(): Promise<void> {
    await this.#delegate.del(this.#type);
  }
}
