import type { Strings } from './en.js';

/** German. */
const noConnection =
  'Der Anruf ist nicht zustande gekommen. Prüfen Sie Ihre Internetverbindung und versuchen Sie es erneut.';

export const strings = {
  start: 'Anruf starten',
  title: 'Gespräch mit KI-Agent',
  cancel: 'Abbrechen',
  hangUp: 'Auflegen',
  callAgain: 'Erneut anrufen',
  tryAgain: 'Erneut versuchen',
  mute: 'Mikrofon stummschalten',
  close: 'Schließen',
  show: 'Anruf anzeigen',
  settings: 'Toneinstellungen',
  accept: 'Zustimmen und anrufen',
  decline: 'Nicht jetzt',
  fallback: 'Andere Kontaktwege',
  closed: 'Zurzeit geschlossen',
  volume: 'Lautstärke',
  microphone: 'Mikrofon',
  speaker: 'Lautsprecher',
  disclosure: 'Sie sprechen mit einem KI-Agenten, nicht mit einem Menschen.',
  microphoneHint: 'Bitte erlauben Sie den Zugriff auf das Mikrofon, wenn Ihr Browser danach fragt.',
  mutedHint: 'Ihr Mikrofon ist stummgeschaltet.',
  holdHint: 'Zum Sprechen bei stummgeschaltetem Mikrofon gedrückt halten',
  poorConnection: 'Die Verbindung ist schlecht. Möglicherweise ist nicht alles zu hören, was Sie sagen.',
  microphoneSilent: 'Von Ihrem Mikrofon kommt kein Ton. Ist es eingeschaltet?',
  resume: 'Zum Fortsetzen tippen',
  status: {
    idle: '',
    'requesting-microphone': 'Mikrofon erlauben\u00a0…',
    connecting: 'Verbinden\u00a0…',
    waiting: 'Warten auf Agent\u00a0…',
    active: 'Verbunden',
    reconnecting: 'Neu verbinden\u00a0…',
    ended: 'Anruf beendet',
    failed: 'Fehler',
  },
  unavailable: 'Der Anruf ist zurzeit nicht möglich. Bitte versuchen Sie es später erneut.',
  errors: {
    'unsupported-browser': 'Bitte verwenden Sie einen anderen Browser.',
    'microphone-denied':
      'Erlauben Sie den Zugriff auf das Mikrofon, wenn Ihr Browser danach fragt, oder über das Symbol neben der Adresse der Seite, und versuchen Sie es erneut.',
    'microphone-not-found': 'Schließen Sie ein Mikrofon an und versuchen Sie es erneut.',
    'microphone-in-use': 'Schließen Sie andere Apps, die das Mikrofon verwenden, und versuchen Sie es erneut.',
    'microphone-lost': 'Schließen Sie ein Mikrofon an und versuchen Sie es erneut.',
    'token-request-failed': noConnection,
    'token-request-timeout': noConnection,
    'rate-limited': 'Alle Leitungen sind belegt. Bitte versuchen Sie es später erneut.',
    'connection-failed': noConnection,
    'connection-timeout': noConnection,
    'agent-timeout': 'Der Agent hat nicht geantwortet. Bitte versuchen Sie es erneut.',
    'connection-lost':
      'Die Verbindung wurde unterbrochen. Prüfen Sie Ihre Internetverbindung und versuchen Sie es erneut.',
    'audio-failed': 'Der Ton funktioniert nicht. Bitte versuchen Sie es erneut.',
  },
} satisfies Strings;
