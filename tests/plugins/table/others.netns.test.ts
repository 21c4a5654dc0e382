import { PLUGIN_NAMES } from "../../../tools/rooms.ts";
import { isLinkPlugin, tableTests } from "./rows.ts";

/** The rows of all other plugins. */

tableTests(PLUGIN_NAMES.filter((name) => !isLinkPlugin(name)));
