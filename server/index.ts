export { createTokenHandler, type PcmAnswer, type TokenAnswer, type TokenHandler } from './token-handler.js';
export type { TokenHandlerOptions, TokenLogEntry } from './token-settings.js';
export type { RefusalBody, RefusalCode } from './refusal.js';
export type { BindAnswer, MediaAnswer } from './fetch-media-session.js';
export type { AgentOptions, MediaAgentOptions, MediaCodec, MediaFraming, PcmAgentOptions } from './resolve-agents.js';
export type { ChallengeOptions, ChallengeTask, ChallengeVerdict, Visitor } from './challenge.js';
export type { ClientAddress, RequestContext } from './client-address.js';
export type { Limit, LimitOptions, LimitStore } from './limits.js';
