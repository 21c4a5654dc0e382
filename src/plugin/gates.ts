/** Which version the configuration is in, and whether plugin and operation allow it. */
import {
  atLeast,
  CniError,
  checkSupported,
  ErrorCode,
  field,
  type JsonObject,
  OLDEST,
  type Operation,
  parseVersion,
} from "../spec/index.ts";

/** CHECK came with 0.4.0, GC and STATUS with 1.1.0. */
export const OPERATION_SINCE: Readonly<
  Record<"CHECK" | "GC" | "STATUS", string> & Partial<Record<Operation, string>>
> = {
  CHECK: "0.4.0",
  GC: "1.1.0",
  STATUS: "1.1.0",
};

/** The configuration's version; one without is in 0.1.0. */
export function configVersion(config: JsonObject): string {
  const version = field(config, "cniVersion") ?? null;
  if (version === null || version === "") return OLDEST;
  if (typeof version === "string") return version;
  throw new CniError(
    ErrorCode.DECODING_FAILURE,
    "decoding version from network config: cniVersion must be a string",
    { details: `cniVersion is ${JSON.stringify(version)}` },
  );
}

/** Fails with code 1 unless the plugin speaks the configuration's version and the operation exists in it. */
export function checkVersions(
  operation: Operation,
  config: string,
  supported: readonly string[],
): void {
  const since = OPERATION_SINCE[operation];
  if (since !== undefined) {
    parseVersion(config); // what is no version is an error of code 6
    if (!atLeast(config, since)) {
      throw incompatible(`config version does not allow ${operation}`, config, supported);
    }
    if (!supported.some((version) => atLeast(version, config))) {
      throw incompatible(`plugin version does not allow ${operation}`, config, supported);
    }
  }
  checkSupported(config, supported);
}

function incompatible(msg: string, config: string, supported: readonly string[]): CniError {
  const list = supported.map((version) => JSON.stringify(version)).join(" ");
  const details = `config is ${JSON.stringify(config)}, plugin supports [${list}]`;
  return new CniError(ErrorCode.INCOMPATIBLE_CNI_VERSION, msg, { details });
}
