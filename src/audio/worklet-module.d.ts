/** Made by the build (scripts/worklet-plugin.mjs). */
declare module '*?worklet' {
  /** The worklet's file beside the script. */
  export const url: string;
  /** The worklet's source text: from the script itself in builds for bundlers, else from the given file. */
  export function readSource(file: string): Promise<string>;
}
