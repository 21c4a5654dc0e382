/**
 * The release of the reference plugins whose behaviour the plugins here meet. A plugin that is called
 * without CNI_COMMAND prints it as its version, since clients judge by that line what a plugin can do:
 * Nomad places jobs by it, and nerdctl chooses how it isolates networks. The tests compare with this
 * very release. Hawser's own version stands elsewhere.
 */
export const REFERENCE_VERSION = "1.10.0";
