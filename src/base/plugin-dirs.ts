/** Where plugins lie unless CNI_PATH or an option says otherwise. */
export const DEFAULT_PLUGIN_DIR = "/opt/cni/bin";
/** Where packages of distributions put plugins. */
export const DISTRIBUTION_PLUGIN_DIRS: readonly string[] = ["/usr/lib/cni", "/usr/libexec/cni"];
/** Where a package has the executable and the plugins; plugin directories lead here. */
export const PACKAGE_DIR = "/usr/libexec/hawser";
