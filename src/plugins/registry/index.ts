/** The door of the room `plugins/registry`. */
export {};
