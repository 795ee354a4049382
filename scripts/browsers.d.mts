export type BrowserName = 'chromium' | 'firefox' | 'webkit';
export const browserNames: readonly BrowserName[];
export const browserFlags: readonly string[];
export const firefoxPreferences: Readonly<Record<string, unknown>>;
export function findBrowser(name: BrowserName): string | undefined;
export function ensureBrowser(name: BrowserName): string;
