/**
 * Loads a language's file from the folder beside the script. The build for bundlers has the files' names in place of this
 * (vite.config.ts): Vite leaves a template in a package as it is, and so loses them.
 */
export const loadBeside = (file: string): Promise<unknown> => import(/* @vite-ignore */ `./locales/${file}.js`);
