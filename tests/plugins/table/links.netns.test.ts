import { PLUGIN_NAMES } from "../../../tools/rooms.ts";
import { isLinkPlugin, tableTests } from "./rows.ts";

/** The rows of plugins that make an interface. */

tableTests(PLUGIN_NAMES.filter((name) => isLinkPlugin(name)));
