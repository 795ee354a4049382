export { createTokenHandler, type TokenAnswer, type TokenHandler } from './token-handler.js';
export type { TokenHandlerOptions, TokenLogEntry } from './token-settings.js';
export type { RefusalBody, RefusalCode } from './refusal.js';
