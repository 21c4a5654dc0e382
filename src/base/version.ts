/** Hawser's own version; a test holds it to package.json. */
export const VERSION = "0.1.0";

/** As the build of a release puts it into the executable; "" in any other build. */
declare const RELEASE_COMMIT: string;

/** The commit that a release was built from; undefined in an executable that is no release. */
export const COMMIT: string | undefined =
  typeof RELEASE_COMMIT === "string" && RELEASE_COMMIT !== "" ? RELEASE_COMMIT : undefined;
