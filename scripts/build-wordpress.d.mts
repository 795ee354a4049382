/** The plugin, ready to be copied into wp-content/plugins. */
export const pluginFolder: string;
export const pluginZip: string;
/** Makes both from embeds/wordpress and dist/. */
export function buildWordPress(): void;
