/** Made by the build (scripts/worklet-plugin.mjs): a worklet as source text, and the URL of its file beside the script. */
declare module '*?worklet' {
  export const source: string;
  export const url: string;
}
