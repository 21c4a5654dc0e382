import { errorText } from "../../base/index.ts";
import type { Picture } from "../../fleet/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { isAbsent, readOwn } from "../../state/files/index.ts";
import type { ClusterPaths } from "../config/index.ts";
import { NewerPicture, parsePicture } from "./text.ts";

/** Of a picture that is far larger than any node's, nothing is read. */
const LARGEST_BYTES = 8 * 1024 * 1024;

/**
 * The picture as it stands. Undefined where there is none, and for one that is torn: the member makes a
 * new one of what the store says.
 * @throws CniError of code 5 where it cannot be read, or a newer program has written it
 */
export function readPicture({ picture: path }: Pick<ClusterPaths, "picture">): Picture | undefined {
  try {
    return parsePicture(readOwn(path, LARGEST_BYTES));
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    const msg =
      cause instanceof NewerPicture
        ? `${path} ${cause.message}`
        : `cannot read ${path}: ${errorText(cause)}`;
    throw new CniError(ErrorCode.IO_FAILURE, msg, { cause });
  }
}
