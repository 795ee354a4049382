export type { AudioDevice, AudioDevices, CallStats, EndReason } from '../call/call-report.js';
export type { CallSettings } from '../call/call-settings.js';
export type { DiagnoseOptions, Diagnosis, DiagnosisCheck } from '../call/diagnosis/diagnosis.js';
export type { CallError, CallErrorCode } from '../call/errors.js';
export type { CallStatus } from '../call/machine.js';
export type { TokenProvider, TokenProviderRequest } from '../call/session.js';
export * from '../element/events.js';
export { Call, createCall, type CallFact, type ClientSettings, type ClientEventMap } from './call.js';
export { CallFactsEvent } from './facts.js';
