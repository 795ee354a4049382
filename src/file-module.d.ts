/** Made by the build (scripts/file-plugin.mjs) of what is not in the script: a worklet, a worker. */
declare module '*?file' {
  /** The file beside the script. */
  export const url: string;
  /** Its source text: from the script itself in builds for bundlers, else from the given file. */
  export function readSource(file: string): Promise<string>;
}
