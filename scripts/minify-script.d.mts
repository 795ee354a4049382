import type { Plugin } from 'vite';

export const ownNames: RegExp;
export function minifyScript(): Plugin;
