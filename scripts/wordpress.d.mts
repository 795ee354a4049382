/** Folder with the files of a WordPress; installs or fetches what is missing. Throws a sentence where that is not possible. */
export function ensureWordPress(version: '6.1' | '6.5'): string;
