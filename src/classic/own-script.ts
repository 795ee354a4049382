/** The tag that this script came by; null where something else has put it into the page, as an optimizer that joins scripts. */
export const ownScript =
  (document.currentScript as HTMLScriptElement | null) ??
  document.querySelector<HTMLScriptElement>('script[src*="synthflow-call.iife"]');

/**
 * What stands in the place of a module’s own URL in this build: vite.config.ts puts it there.
 * @public
 */
export const ownUrl = ownScript?.src || document.baseURI;
