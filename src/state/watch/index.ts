/** Hears of changes in directories, as far as inotify(7) goes, and looks at intervals beyond. */
export { DirectoryWatch, type WatchOptions } from "./directory-watch.ts";
