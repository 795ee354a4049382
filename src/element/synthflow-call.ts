import { html, LitElement, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import { CallController, canCall, type CallOptions } from '../call/call-controller.js';
import type { AudioDevices, CallReport, CallStats } from '../call/call-report.js';
import { absolute, optionsOf } from '../call/call-settings.js';
import type { DiagnoseOptions, Diagnosis } from '../call/diagnosis/diagnosis.js';
import type { CallError } from '../call/errors.js';
import type { isOpenAt } from '../call/hours.js';
import { loadDiagnosis } from '../call/load-diagnosis.js';
import { loadHours } from '../call/load-hours.js';
import { isRunning, type CallStatus } from '../call/machine.js';
import type { ChallengeSolver, TokenProvider } from '../call/session.js';
import { fillOf } from './accent.js';
import {
  CallBeforeStartEvent,
  CallEndEvent,
  CallErrorEvent,
  CallMessageEvent,
  CallMuteEvent,
  CallStartEvent,
  CallStatsEvent,
  CallStatusEvent,
} from './events.js';
import { callIcon, messageIcon, microphoneIcon, settingsIcon } from './icons.js';
import { en } from './locales/en.js';
import { fileOf, langOf, loadStrings, observeLangs, withLabels, type Labels } from './language.js';
import { giveConsent, hasConsent } from './consent.js';
import { beside, createPopover, over, type TogglePopover } from './popover.js';
import { sentenceOf } from './sentence.js';
import { styles } from './styles.js';

/** The element's styles, once for each document that has one. */
const sheets = new WeakMap<Document, CSSStyleSheet>();

/** A press that lasts longer is a hold. */
const holdMs = 300;

/** What the element looks like now. */
type Layout = 'pill' | 'icon' | 'card';

/** What the visitor should know of in a call. */
type Fact = 'microphone-silent' | 'needs-tap' | 'poor-connection';

/**
 * A button that lets the visitor of a page talk by voice with the site's Synthflow agent.
 *
 * @summary Voice call with a Synthflow agent.
 * @tag synthflow-call
 *
 * @attr lang - Language of the element's words: its own, else that of what is around it, else English. 36 are there.
 *
 * @slot - The button's label, instead of `label`.
 * @slot icon - The button's icon.
 * @slot avatar - The card's picture, instead of `avatar`.
 * @slot consent - What the visitor must accept, as rich text, instead of `consent`.
 * @slot fallback - Shown by the browser while the script has not loaded.
 *
 * @event {CallBeforeStartEvent} synthflow-before-start - A call is about to start. Cancel it and nothing happens.
 * @event {CallStatusEvent} synthflow-status - The status has changed: `status`, `previous`.
 * @event {CallStartEvent} synthflow-start - The agent is ready; once a call: `clientReference`.
 * @event {CallEndEvent} synthflow-end - The attempt is over: `reason`, `duration` (s), `code`, `closeCode`, `stats`,
 *   `clientReference`.
 * @event {CallErrorEvent} synthflow-error - The attempt failed: `error`, `clientReference`.
 * @event {CallMessageEvent} synthflow-message - The agent sent a text message: `data`.
 * @event {CallMuteEvent} synthflow-mute - The microphone was muted or unmuted: `muted`.
 * @event {CallStatsEvent} synthflow-stats - Figures of the call, once a second: `stats`.
 *
 * @csspart button - The one control that starts and ends the call.
 * @csspart icon - The icon in the button.
 * @csspart indicator - What shows the status at a glance.
 * @csspart status - The status in words; a live region.
 * @csspart visualizer - The indicator while it shows the level of both sides.
 * @csspart timer - Duration of the call.
 * @csspart mute - Mutes the microphone.
 * @csspart settings - Opens the menu of the card, or the card.
 * @csspart avatar - The card's picture.
 * @csspart heading - The card's first line.
 * @csspart consent - What the visitor must accept.
 * @csspart accept - The button that accepts it and starts the call.
 * @csspart fallback - The link to the site's other way.
 * @csspart panel - The popover for whatever is longer than a label.
 * @csspart resume - The button that starts the sound again, where it stands still.
 * @csspart disclosure - The line that says that the agent is an AI.
 * @csspart error - The sentence that says what went wrong.
 *
 * @cssproperty [--synthflow-accent=#4f46e5] - Colour of the button.
 * @cssproperty [--synthflow-accent-text] - Text on it; else black or white, whichever is better to read.
 * @cssproperty [--synthflow-surface] - Background of pill and panel.
 * @cssproperty [--synthflow-text] - Their text.
 * @cssproperty [--synthflow-border] - Their border.
 * @cssproperty [--synthflow-danger] - Hang up and failures.
 * @cssproperty [--synthflow-success] - The visitor's level.
 * @cssproperty [--synthflow-radius=999px] - Corners of pill and buttons.
 * @cssproperty [--synthflow-size=56px] - Height; the width follows.
 * @cssproperty [--synthflow-font=system-ui, sans-serif] - Font family.
 * @cssproperty [--synthflow-shadow] - Shadow of pill and panel.
 * @cssproperty [--synthflow-offset=20px] - Distance from the corner where it floats.
 * @cssproperty [--synthflow-z-index=2147483000] - Where it floats, before the card opens: that is above all of the page.
 *
 * @cssstate idle - No call yet.
 * @cssstate requesting-microphone - The browser asks the visitor for the microphone.
 * @cssstate connecting - A session is asked for and opened.
 * @cssstate waiting - Waiting for the agent.
 * @cssstate active - The two can talk.
 * @cssstate reconnecting - The connection was lost, and a new session is asked for.
 * @cssstate ended - The call is over.
 * @cssstate failed - The call failed.
 * @cssstate muted - The microphone is off.
 * @cssstate needs-tap - The sound stands still until the visitor taps somewhere.
 * @cssstate microphone-silent - Nothing comes from the microphone, not even noise.
 * @cssstate poor-connection - Much of what was said in the last seconds was lost on the way, or the connection itself.
 * @cssstate agent-speaking - The agent speaks.
 * @cssstate visitor-speaking - The visitor speaks, also while muted.
 */
export class SynthflowCall extends LitElement {
  static override shadowRootOptions: ShadowRootInit = { mode: 'open', delegatesFocus: true };
  /** Version of this copy of the script. */
  static readonly version: string = '0.1.0';
  static override properties: PropertyDeclarations = {
    tokenEndpoint: {},
    tokenMethod: { useDefault: true },
    tokenCredentials: { useDefault: true },
    assistantId: {},
    clientReference: {},
    analytics: { useDefault: true },
    sessionUrl: {},
    protocol: { useDefault: true },
    variant: { reflect: true, useDefault: true },
    position: { reflect: true, useDefault: true },
    size: { reflect: true, useDefault: true },
    theme: { reflect: true, useDefault: true },
    accent: {},
    radius: {},
    label: {},
    heading: {},
    subheading: {},
    avatar: {},
    disclosure: {},
    muted: { type: Boolean, reflect: true },
    volume: { type: Number, useDefault: true },
    maxDuration: { type: Number, useDefault: true },
    idleTimeout: { type: Number, useDefault: true },
    reconnect: { type: Boolean },
    bargeIn: { useDefault: true },
    microphoneId: {},
    speakerId: {},
    noEchoCancellation: { type: Boolean },
    noNoiseSuppression: { type: Boolean },
    noAutoGainControl: { type: Boolean },
    assetsUrl: {},
    workletUrl: {},
    noWorker: { type: Boolean },
    disabled: { type: Boolean, reflect: true },
    noTimer: { type: Boolean },
    noMute: { type: Boolean },
    noVisualizer: { type: Boolean },
    sounds: { useDefault: true },
    consent: {},
    fallbackHref: {},
    fallbackLabel: {},
    hours: {},
    labels: { attribute: false },
    debug: { type: Boolean },
    noLeaveWarning: { type: Boolean },
    tokenProvider: { attribute: false },
    challengeSolver: { attribute: false },
    hasAgentSpoken: { state: true },
    isCardOpen: { state: true },
    isConsentAsked: { state: true },
    isWordless: { state: true },
    deviceList: { state: true },
    isMuteHinted: { state: true },
    isPanelClosed: { state: true },
  };

  static {
    // Every attribute is its property's name in kebab case. Not by `createProperty`: Lit warns of that where it is developed.
    for (const [name, options] of Object.entries<{ attribute?: boolean | string }>(this.properties)) {
      options.attribute ??= name.replace(/[A-Z]/g, '-$&').toLowerCase();
    }
  }

  /** URL of the site's own endpoint that answers `{ "sessionURL": "wss://…" }`. `{assistant_id}` in it is replaced. */
  tokenEndpoint?: string;
  /** `post` sends JSON, `get` a query. */
  tokenMethod: 'post' | 'get' = 'post';
  /** Whether cookies go to the token endpoint. */
  tokenCredentials: RequestCredentials = 'same-origin';
  /** Which agent, where the token endpoint has more than one. */
  assistantId?: string;
  /** The site's own name for its calls, at most 128 characters: the token endpoint is told, and it comes back in events. */
  clientReference?: string;
  /** `datalayer`: starts, errors and ends are also pushed to `window.dataLayer`, with their figures. */
  analytics: 'off' | 'datalayer' = 'off';
  /** A session URL to use once, instead of a token endpoint (trials, tests). Forgotten when the call starts. */
  sessionUrl?: string | null;
  /** The wire where the answer names none: `pcm`, the widget websocket, or `media`, WebSocket media. */
  protocol: 'pcm' | 'media' = 'pcm';
  /** `pill`, `icon`, or `card` with picture, headings and a menu; an icon opens into the card. */
  variant: 'pill' | 'icon' | 'card' = 'pill';
  /** Where it is: `inline` in the page, or floating in a corner, from where it opens into the card. */
  position: 'inline' | 'bottom-right' | 'bottom-left' | 'top-right' | 'top-left' = 'inline';
  /** `small`, `medium` or `large`: 44, 56 or 68 px high. */
  size: 'small' | 'medium' | 'large' = 'medium';
  /** Colours: `auto` follows the visitor's system. */
  theme: 'auto' | 'light' | 'dark' = 'auto';
  /** Any CSS colour: the button's. */
  accent?: string;
  /** Any CSS length: corners of pill, card and buttons. */
  radius?: string;
  /** The button's words, before the first call. */
  label?: string;
  /** The card's first line. */
  heading?: string;
  /** The card's second line. */
  subheading?: string;
  /** URL of the card's picture. */
  avatar?: string;
  /** The line that says that the agent is an AI; `none` hides it. */
  disclosure?: string;
  /** Microphone off: silence is sent. Kept across calls. */
  muted = false;
  /** Playback volume, 0 to 1. */
  volume = 1;
  /** Seconds after which the call ends by itself; 0 = never. */
  maxDuration = 1800;
  /** Seconds without speech on either side after which the call ends by itself; 0 = never. */
  idleTimeout = 300;
  /** Goes on with a fresh session when the connection is lost: up to three tries in 20 s, five times a call. Each may be billed. */
  reconnect = false;
  /** What the agent's voice does while the visitor speaks over it: `duck`, `clear` what it had still to say, or `off`. */
  bargeIn: 'duck' | 'clear' | 'off' = 'duck';
  /** Device id of the microphone, see `devices()`; may be changed in a call. Another one is taken where it is not there. */
  microphoneId?: string | null;
  /** Device id of the loudspeaker, where the browser lets a page choose (Chrome, Edge); may be changed in a call. */
  speakerId?: string | null;
  /** Leaves echo in the microphone's sound. */
  noEchoCancellation = false;
  /** Leaves noise in the microphone's sound. */
  noNoiseSuppression = false;
  /** Leaves the microphone's volume as it is. */
  noAutoGainControl = false;
  /** Folder of the files beside the script, when it is not the script's own. */
  assetsUrl?: string;
  /** URL of the worklet's file; or `blob:` or `data:` alone, where the page's policy allows that and not the files. */
  workletUrl?: string;
  /** Keeps the websocket on the page's own thread. */
  noWorker = false;
  /** No calls can be started. */
  disabled = false;
  /** Hides the duration. */
  noTimer = false;
  /** Hides the mute button. */
  noMute = false;
  /** Hides the levels. */
  noVisualizer = false;
  /** `off`: no ring while the agent is waited for, and no tone at the end. */
  sounds: 'on' | 'off' = 'on';
  /** What the visitor must accept before the first call; kept in this browser's localStorage once it is accepted. */
  consent?: string;
  /** Where visitors go who cannot call, such as `tel:+1…`: http(s), tel, sms or mailto. */
  fallbackHref?: string;
  /** The words of that link. */
  fallbackLabel?: string;
  /** Opening hours, such as `Mo-Fr 09:00-17:00 Europe/Berlin`: else there are no calls, and the fallback is offered. Where they cannot be read it is always open, and the console says so. */
  hours?: string;
  /** The site's own words in place of some of the element's, in the shape of `Strings`. */
  labels?: Labels;
  /** Runs `diagnose()` once, before any click, and tells of calls on the console. For the site's developer. */
  debug = false;
  /** Lets the visitor leave the page in mid-call without being asked. */
  noLeaveWarning = false;
  /** The site's own way to a session, instead of a token endpoint. */
  tokenProvider?: TokenProvider;
  /** Solves challenges of the token endpoint that are not `altcha`: `(challenge, signal) => Promise<answer>`. */
  challengeSolver?: ChallengeSolver;

  /** The agent has been heard in this call: the disclosure has done its work. */
  private hasAgentSpoken = false;
  private isPanelClosed = false;
  /** The card is in the top layer, over its launcher. */
  private isCardOpen = false;
  /** The visitor is asked for consent. */
  private isConsentAsked = false;
  /** The words of the page's language are still to come. */
  private isWordless = false;
  /** What the menu lets the visitor choose from; undefined while it is closed. */
  private deviceList?: AudioDevices | undefined;
  /** The visitor has spoken while muted. */
  private isMuteHinted = false;

  #controller = new CallController((report) => this.#hear(report));
  // WebKit forgets what is in the set when it collects one that nobody holds.
  #states = this.attachInternals().states;
  /** Not before it is in a page: Node has none. */
  #langs?: MutationObserver;
  #toggleCard?: TogglePopover;
  #togglePanel?: TogglePopover;
  #facts = new Set<Fact>();
  /** The page's language, with the site's own words. */
  #strings = en;
  #words = en;
  #file?: string | undefined;
  #hasSpoken = false;
  #minute?: number | undefined;
  #isOpenAt?: typeof isOpenAt;
  #wasConsentAsked = false;
  #settleConsent?: ((isStarted: boolean | Promise<boolean>) => void) | undefined;
  #holding?: ReturnType<typeof setTimeout>;
  #isHeld = false;
  #isMuted = false;
  #isStarting = false;
  #focused?: Element | null | undefined;
  #told?: CallStatusEvent;
  /** The first of two that levels are drawn on, which are made anew with each `active`. */
  #canvas?: HTMLCanvasElement | undefined;
  /** From the first `active` until the end. */
  #isTalking = false;
  /** Where its listeners are: another window, after the page has moved it there. */
  #window?: Window | null;

  /** Where the call is. */
  get status(): CallStatus {
    return this.#controller.status;
  }

  /** Why the last call failed; null while none has. */
  get error(): CallError | null {
    return this.#controller.error;
  }

  /** Seconds since the agent was ready; of the last call where none runs. */
  get duration(): number {
    return this.#controller.duration;
  }

  /** Figures of this call, or of the last one. */
  get stats(): CallStats {
    return this.#controller.stats;
  }

  constructor() {
    super();
    this.#setState('idle', true);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#window = this.ownerDocument.defaultView;
    this.#listen(true);
    this.#keepHours();
    this.#langs ??= new MutationObserver(() => void this.#speak());
    observeLangs(this.#langs, this);
    this.requestUpdate();
    // Now, not in a microtask: Lit then takes over what the page has set before the script was there.
    if (!this.hasUpdated) this.performUpdate();
    void this.#speak();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#langs?.disconnect();
    this.#window?.clearInterval(this.#minute);
    this.#togglePanel?.(false);
    this.#toggleCard?.(false);
    this.#listen(false);
    // A move in the page disconnects too, and connects again at once.
    queueMicrotask(() => {
      if (this.isConnected) return;
      // Whoever waits for consent waits no longer.
      this.#closeCard();
      this.#leave();
    });
  }

  /** The page has moved it to another document: an iframe's, or that of a picture-in-picture window. */
  adoptedCallback(): void {
    if (this.shadowRoot) this.#dress(this.shadowRoot);
  }

  protected override createRenderRoot(): HTMLElement | DocumentFragment {
    const root = super.createRenderRoot() as ShadowRoot;
    this.#dress(root);
    return root;
  }

  /**
   * Starts a call. Call it from a click or tap: browsers let sound begin only then.
   * Where consent is missing it is asked for first, and the click that gives it starts the call.
   * @returns {Promise<boolean>} True once the agent is ready, else false. Never rejects; does nothing while disabled,
   *   running, closed (or before its hours are read) or out of the document.
   */
  async start(): Promise<boolean> {
    // A call that nobody could see must not have the microphone.
    if (
      !this.isConnected ||
      !this.ownerDocument.defaultView ||
      this.disabled ||
      !this.#isOpen ||
      this.#isStarting ||
      isRunning(this.status)
    )
      return false;
    if (!hasConsent(this.#consentText)) return this.#askConsent();
    this.#endConsent();
    this.#isStarting = true;
    const isWanted = this.dispatchEvent(new CallBeforeStartEvent());
    this.#isStarting = false;
    if (!isWanted) return false;
    const options = this.#options();
    // A session URL works once, so it is forgotten.
    this.sessionUrl = null;
    this.removeAttribute('session-url');
    return this.#controller.start(options);
  }

  /** Hangs up. Resolves when microphone and sound are let go. Where no call runs, it takes back a question for consent. */
  async stop(): Promise<void> {
    this.#endConsent();
    await this.#controller.stop();
  }

  /** Starts a call, or hangs up. */
  async toggle(): Promise<void> {
    await (isRunning(this.status) ? this.stop() : this.start());
  }

  /** Turns the microphone off. */
  mute(): void {
    this.muted = true;
  }

  /** Turns the microphone on. */
  unmute(): void {
    this.muted = false;
  }

  /**
   * Resolves the `microphones` and `speakers` that a visitor may choose from, each with `id` and `label`. Asks for no
   * permission: before the visitor has allowed the microphone, browsers name none.
   */
  devices(): Promise<AudioDevices> {
    return this.#controller.devices();
  }

  /**
   * Looks at all that a call needs, prints on the console what is wrong and what to change, and resolves to the same as a
   * report. Asks for no permission and spends no session. Call it from a click to have sound tried too. Never rejects.
   */
  async diagnose(options?: DiagnoseOptions): Promise<Diagnosis> {
    const language = this.#words === en ? this.#file : undefined;
    return loadDiagnosis({ ...this.#options(), hours: this.hours, language, ...options }, this);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    this.#strings = withLabels(this.#words, this.labels);
    if (changed.has('hours')) void this.#readHours();
    this.#focused = this.shadowRoot?.activeElement;
    if (changed.has('microphoneId')) this.#controller.setMicrophone(this.microphoneId);
    if (changed.has('speakerId')) this.#controller.setSpeaker(this.speakerId);
    if (changed.has('debug') && this.debug) void this.diagnose();
    this.#controller.setVolume(this.volume);
    if (this.muted === this.#isMuted) return;
    this.#isMuted = this.muted;
    this.isMuteHinted = false;
    this.#controller.setMuted(this.muted);
    this.#setState('muted', this.muted);
    this.dispatchEvent(new CallMuteEvent(this.muted));
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('accent')) this.#setStyle('--_accent', this.accent ? fillOf(this.accent) : '');
    if (changed.has('radius')) {
      const { radius } = this;
      this.#setStyle('--_radius', radius && CSS.supports('border-radius', radius) ? radius : '');
    }
    const [call, panel] = ['.call', '.panel'].map((name) => this.renderRoot.querySelector<HTMLElement>(name)!);
    this.#toggleCard ??= createPopover(call!, over(this), () => this.#closeCard());
    this.#togglePanel ??= createPopover(panel!, beside(call!), () => this.#closePanel());
    this.#toggleCard(this.isCardOpen);
    this.#togglePanel(!this.isPanelClosed && panel!.childElementCount > 0);
    if (this.isConsentAsked && !this.#wasConsentAsked) panel!.querySelector('button')!.focus();
    this.#wasConsentAsked = this.isConsentAsked;
    // Held while its button went: nobody lets it go any more.
    if (this.#isHeld && !this.renderRoot.querySelector('.mute')) this.#release();
    // What had the focus is gone: it stays in the element.
    if (this.#focused && !this.#focused.getClientRects().length) {
      this.renderRoot.querySelector<HTMLElement>('.main')!.focus();
    }
    this.#dressLevels();
    this.#showDuration();
  }

  protected override render(): TemplateResult {
    const { status, heading = this.#strings.title } = this;
    const layout = this.#layout;
    const isCard = layout === 'card';
    const running = isRunning(status);
    const isActive = status === 'active';
    const isQuiet = status === 'idle' || (isActive && !isCard) || layout === 'icon';
    // Where nothing else shows it.
    const isLinked = layout === 'pill' && !running && !this.#isOffered && (status !== 'failed' || this.isPanelClosed);
    const link = isLinked && this.#fallback ? this.#renderLink(this.#fallback) : nothing;
    const classes = `call ${layout} ${status === 'idle' && link !== nothing ? 'linked' : status} ${running ? 'running' : ''} ${this.muted ? 'muted' : ''}`;
    const spoken = this.#sentence || (isActive && this.#hint);
    return html`<div class=${classes} role="group" aria-label=${heading} lang=${this.#lang} dir=${this.#words.dir ?? nothing} popover="manual">
        ${isCard ? this.#renderHead(heading) : nothing}
        <div class="row">
          ${status === 'idle' || layout === 'icon' ? nothing : this.#renderIndicator()}
          <span part="status" class=${isQuiet ? 'unseen' : 'status'} role="status"
            >${this.#facts.has('needs-tap') ? this.#strings.resume : this.#strings.status[status]}${spoken ? html`<span class="unseen">. ${spoken}</span>` : nothing}</span
          >
          ${
            (isActive || (status === 'ended' && link === nothing)) && !this.noTimer && layout !== 'icon'
              ? html`<span part="timer" class="timer" role="timer"
                ><span aria-hidden="true">0:0${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => html`<bdi>${digit.toLocaleString(this.#lang)}</bdi>`)}</span></span
              >`
              : nothing
          }
        </div>
        <div class="row">
          ${
            (isActive || status === 'reconnecting') && !this.noMute && layout !== 'icon'
              ? html`<button
                part="mute"
                class="mute"
                aria-pressed=${this.muted}
                aria-label=${this.#strings.mute}
                title=${this.#strings.holdHint}
                @pointerdown=${this.#press}
                @pointerup=${this.#release}
                @pointercancel=${this.#release}
                @keydown=${this.#press}
                @keyup=${this.#release}
                @blur=${this.#release}
                @click=${this.#onMuteClick}
              >
                ${microphoneIcon}
              </button>`
              : nothing
          }
          ${
            isCard || (running && layout === 'pill' && this.#canOpen)
              ? html`<button
                part="settings"
                class="settings"
                aria-expanded=${isCard && !!this.deviceList}
                aria-label=${isCard ? this.#strings.settings : this.#strings.show}
                @click=${isCard ? this.#toggleSettings : this.#openCard}
              >
                ${isCard ? settingsIcon : '⋯'}
              </button>`
              : nothing
          }
          ${this.#isOffered ? this.#renderOffer(layout) : this.#renderButton(layout)}${link}
        </div>
      </div>
      <span id="description" hidden>${this.#sentence || this.#disclosure}</span>
      <div part="panel" class="panel" lang=${this.#lang} dir=${this.#words.dir ?? nothing} popover="manual">${this.#renderPanel()}</div>`;
  }

  #renderButton(layout: Layout): TemplateResult {
    const { status, label } = this;
    const running = isRunning(status);
    const name = this.#buttonName;
    // The pill has room for an icon or for words.
    const isWordless =
      layout === 'icon' || (layout === 'pill' && status !== 'failed' && name) || (this.isWordless && !label);
    const own = html`<slot @slotchange=${() => this.requestUpdate()}></slot>${
      this.#hasOwnLabel ? nothing : label || this.#strings.start
    }`;
    return html`<button
      part="button"
      class="main"
      ?disabled=${(this.disabled || !this.#isOpen) && !running}
      aria-label=${isWordless ? (name ?? (label || this.#strings.start)) : nothing}
      aria-describedby="description"
      @click=${this.#onClick}
      @keydown=${this.#onKey}
    >
      ${
        layout === 'pill' && status === 'failed'
          ? nothing
          : html`<span part="icon">${status === 'idle' ? html`<slot name="icon">${callIcon}</slot>` : callIcon}</span>`
      }${isWordless ? nothing : html`<span class="label">${this.#isOpen !== false || running ? (name ?? own) : this.#strings.closed}</span>`}
    </button>`;
  }

  /** What takes the button's place where there can be no call. */
  #renderOffer(layout: Layout): TemplateResult {
    const label = this.#fallbackWords;
    return html`<a part="button fallback" class="main" href=${this.#fallback!} aria-label=${label}
      ><span part="icon">${callIcon}</span>${layout === 'icon' ? nothing : html`<span class="label">${label}</span>`}</a
    >`;
  }

  #renderHead(heading: string): TemplateResult {
    return html`<div class="row">
        <span part="avatar" class="avatar"
          ><slot name="avatar">${this.avatar ? html`<img src=${this.avatar} alt="" />` : callIcon}</slot></span
        >
        <div class="titles">
          <div part="heading" class="heading">${heading}</div>
          <div class="small titles">${this.subheading}</div>
        </div>
        ${
          this.isCardOpen
            ? html`<button class="close" aria-label=${this.#strings.close} @click=${this.#closeCard}>×</button>`
            : nothing
        }
      </div>
      <div class="small note">
        <div part="disclosure">${this.#isOffered ? nothing : this.#disclosure}</div>
        ${this.#fallback && !this.#isOffered ? this.#renderFallback(this.#fallback) : nothing}
      </div>`;
  }

  #renderIndicator(): TemplateResult {
    const { status } = this;
    const side = html`<canvas></canvas>`;
    const hasLevels = status === 'active' && !this.noVisualizer;
    const name = hasLevels ? 'visualizer' : 'indicator';
    return html`<span part=${hasLevels ? 'indicator visualizer' : name} class=${name} aria-hidden="true"
      >${hasLevels ? [side, side] : status === 'failed' ? '!' : nothing}</span
    >`;
  }

  /** What the visitor is told beside the status. */
  get #hint(): string | false {
    const { status } = this;
    return status === 'requesting-microphone'
      ? this.#strings.microphoneHint
      : status === 'active' && this.isMuteHinted
        ? this.#strings.mutedHint
        : this.#facts.has('microphone-silent')
          ? this.#strings.microphoneSilent
          : this.#facts.has('poor-connection') && this.#strings.poorConnection;
  }

  #renderPanel(): unknown {
    const { status } = this;
    if (this.isConsentAsked) return this.#renderConsent();
    const hint = this.#hint;
    const disclosure = this.#layout !== 'card' && isRunning(status) && !this.hasAgentSpoken && this.#disclosure;
    const needsTap = this.#facts.has('needs-tap');
    if (!this.#sentence && !hint && !disclosure && !needsTap && !this.deviceList) return nothing;
    const fallback = this.#layout === 'card' ? undefined : this.#fallback;
    return html`<button class="close" aria-label=${this.#strings.close} @click=${this.#closePanel}>×</button
      >${this.#sentence && html`<p part="error">${this.#sentence}</p>`}${needsTap ? html`<button part="resume" class="main">${this.#strings.resume}</button>` : nothing}${
        hint ? html`<p>${hint}</p>` : nothing
      }${disclosure ? html`<p part="disclosure">${disclosure}</p>` : nothing}${fallback ? html`<p>${this.#renderFallback(fallback)}</p>` : nothing}${this.deviceList ? this.#renderSettings(this.deviceList) : nothing}`;
  }

  #renderConsent(): TemplateResult {
    return html`<div part="consent"><slot name="consent">${this.consent}</slot></div>
      <div class="row">
        <button part="accept" class="main" @click=${this.#acceptConsent}>${this.#strings.accept}</button>
        <button class="plain" @click=${this.#closePanel}>${this.#strings.decline}</button>
      </div>`;
  }

  #renderFallback(href: string): TemplateResult {
    return html`<a part="fallback" href=${href}>${this.#fallbackWords}</a>`;
  }

  /** The same where there is no room for words. */
  #renderLink(href: string): TemplateResult {
    const label = this.#fallbackWords;
    return html`<a part="fallback" class="main plain" href=${href} aria-label=${label} title=${label}>${messageIcon}</a>`;
  }

  #renderSettings({ microphones, speakers }: AudioDevices): TemplateResult {
    const choose = (label: string, devices: AudioDevices['speakers'], property: 'microphoneId' | 'speakerId') =>
      html`<label
        >${label}<select
          @change=${({ target }: Event) => (this[property] = (target as HTMLSelectElement).value)}
        >
          ${devices.map(({ id, label }) => html`<option value=${id} ?selected=${id === this[property]}>${label}</option>`)}
        </select></label
      >`;
    return html`<label
        >${this.#strings.volume}<input
          type="range"
          max="1"
          step="0.05"
          .value=${`${this.volume}`}
          @input=${({ target }: Event) => (this.volume = (target as HTMLInputElement).valueAsNumber)} /></label
      >${microphones.length > 1 ? choose(this.#strings.microphone, microphones, 'microphoneId') : nothing}${
        speakers.length > 1 ? choose(this.#strings.speaker, speakers, 'speakerId') : nothing
      }`;
  }

  #hear(report: CallReport): void {
    this.#debug(report);
    try {
      this.#analyse(report);
    } finally {
      // Where the page's tag manager throws, who listens to us is told all the same.
      switch (report.type) {
        case 'speaking':
          this.#showSpeaking(report);
          break;
        case 'status':
          this.#changeStatus(report.status, report.previous);
          break;
        case 'toggle-mute':
          this.muted = !this.muted;
          break;
        case 'stats':
          this.#dressLevels();
          this.#showDuration();
          this.dispatchEvent(new CallStatsEvent(report.stats));
          break;
        case 'start':
          this.dispatchEvent(new CallStartEvent(report.clientReference));
          break;
        case 'message':
          this.dispatchEvent(new CallMessageEvent(report.data));
          break;
        case 'error':
          console.warn(`<synthflow-call> ${report.error.code}: ${report.error.message}`);
          this.dispatchEvent(new CallErrorEvent(report.error, report.clientReference));
          break;
        case 'end':
          this.dispatchEvent(new CallEndEvent(report));
          break;
        default:
          this.#setFact(report.type, report.isOn);
      }
    }
  }

  /** What `debug` tells of a call. */
  #debug(report: CallReport): void {
    if (this.debug && /^(status|stats|end)$/.test(report.type)) console.debug('<synthflow-call>', report);
  }

  /** What the page's tag manager is told of a call, where the site wants it. */
  #analyse({ type, ...figures }: CallReport): void {
    if (this.analytics !== 'datalayer' || !/^(start|error|end)$/.test(type)) return;
    const { assistantId, stats } = this;
    // Not declared: a page's own types may do that, and in another way.
    const page = window as { dataLayer?: unknown[] };
    (page.dataLayer ??= []).push({ event: `synthflow-${type}`, synthflow: { assistantId, stats, ...figures } });
  }

  #changeStatus(status: CallStatus, previous: CallStatus): void {
    if (this.error) this.error.visitorMessage = sentenceOf(this.error, this.#strings);
    if (status === 'requesting-microphone') this.hasAgentSpoken = false;
    if (status === 'requesting-microphone' || status === 'failed') this.isPanelClosed = false;
    if (status === 'requesting-microphone') this.isCardOpen = this.#canOpen;
    this.#isTalking = status === 'active' || (this.#isTalking && isRunning(status));
    this.#listen(this.isConnected);
    this.#setState(previous, false);
    this.#setState(status, true);
    if (!isRunning(status)) {
      this.#setState('agent-speaking', false);
      this.#setState('visitor-speaking', false);
      this.#release();
      for (const fact of this.#facts) this.#setFact(fact, false);
    }
    this.requestUpdate();
    this.#told = new CallStatusEvent(status, previous);
    this.dispatchEvent(this.#told);
  }

  /** What the visitor should know of, and is told in the panel. */
  #setFact(fact: Fact, isOn: boolean): void {
    if (isOn) this.#facts.add(fact);
    else this.#facts.delete(fact);
    this.#setState(fact, isOn);
    this.isPanelClosed &&= !isOn;
    this.#listen(this.isConnected);
    this.requestUpdate();
  }

  /**
   * By hand: to render all for it each second would cost the page ten times as much. And without a layout, after which Chromium
   * looks what is under the mouse: all digits of the last place are there, and one is seen.
   */
  #showDuration(): void {
    const timer = this.renderRoot.querySelector('.timer');
    if (!timer) return;
    const { firstChild: start, children: digits } = timer.firstElementChild!;
    // By a browser's coarse clock a second is over a little before it is.
    const second = Math.floor(this.duration + 0.1);
    const text = `${Math.floor(second / 60)}:${Math.floor((second % 60) / 10)}`.replace(
      /\d/g,
      (digit) => digits[+digit]!.textContent!,
    );
    if (start!.nodeValue !== text) start!.nodeValue = text;
    timer.querySelector('.seen')?.removeAttribute('class');
    const last = digits[second % 10]!;
    last.className = 'seen';
    timer.ariaLabel = text + last.textContent;
  }

  #showSpeaking({ isAgentSpeaking, isVisitorSpeaking }: CallReport & { type: 'speaking' }): void {
    this.#setState('agent-speaking', isAgentSpeaking);
    this.#setState('visitor-speaking', isVisitorSpeaking);
    // Said once for each time that the microphone is off.
    if (this.muted && isVisitorSpeaking && !this.isMuteHinted) [this.isMuteHinted, this.isPanelClosed] = [true, false];
    if (isAgentSpeaking) this.hasAgentSpoken = true;
  }

  /**
   * Gives levels their looks, at each change of ours and once a second: to read them costs more than to draw. That is not done by
   * this thread, which would make a frame of the page for each level.
   */
  #dressLevels(): void {
    const canvases = [...this.renderRoot.querySelectorAll('canvas')];
    const isNew = canvases[0] !== this.#canvas;
    this.#canvas = canvases[0];
    if (!this.#canvas) return;
    this.#controller.draw(
      canvases.map((canvas) => {
        const { color, animationDuration } = getComputedStyle(canvas);
        return {
          canvas: isNew ? canvas.transferControlToOffscreen() : undefined,
          colour: color,
          // The styles take every animation from whoever wants less motion.
          isStill: animationDuration !== '1s',
        };
      }),
    );
  }

  /**
   * Sets `:state(name)`. Chrome before 125 takes only names that begin with two dashes, and throws; Firefox before 126 and
   * Safari before 17.4 have no states.
   */
  #setState(name: string, isOn: boolean): void {
    try {
      // A browser may look at all styles again even for a state that is there already.
      if (this.#states.has(name) !== isOn) this.#states[isOn ? 'add' : 'delete'](name);
    } catch {
      // The page's CSS cannot see it there; nothing of ours depends on it.
    }
  }

  /** Not by Lit's `styles`: a document takes no style sheet of another one. */
  #dress(root: ShadowRoot): void {
    const view = this.ownerDocument.defaultView;
    if (!view) return;
    let sheet = sheets.get(this.ownerDocument);
    if (!sheet) {
      sheet = new view.CSSStyleSheet();
      sheet.replaceSync(styles);
      sheets.set(this.ownerDocument, sheet);
    }
    root.adoptedStyleSheets = [sheet];
  }

  /** By script, because a strict `style-src` blocks style attributes. */
  #setStyle(name: string, value: string): void {
    const boxes = this.shadowRoot?.querySelectorAll<HTMLElement>('.call, .panel') ?? [];
    for (const { style } of boxes) style.setProperty(name, value);
  }

  /** White space around other children is no label. */
  get #hasOwnLabel(): boolean {
    return [...this.childNodes].some((node) =>
      // Not `instanceof`: those of an iframe are of other classes.
      'slot' in node ? !node.slot : node.nodeType === Node.TEXT_NODE && node.textContent!.trim(),
    );
  }

  /** Where visitors go who cannot call; undefined where it is no such URL. */
  get #fallback(): string | undefined {
    const href = absolute(this.fallbackHref);
    return href && /^(https?|tel|sms|mailto):/.test(href) ? href : undefined;
  }

  get #fallbackWords(): string {
    return this.fallbackLabel || this.#strings.fallback;
  }

  /** Within opening hours; hours that cannot be read close nothing. Undefined until it is known. */
  get #isOpen(): boolean | undefined {
    const { hours } = this;
    return !hours || (this.#isOpenAt && this.#isOpenAt(hours, new Date()) !== false);
  }

  /** Whether the fallback stands in the button's place: no call can be made now. */
  get #isOffered(): boolean {
    return !isRunning(this.status) && !!this.#fallback && (this.#isOpen === false || !canCall());
  }

  /** What the visitor is to accept, in words: consent to other words is no consent to these. */
  get #consentText(): string {
    const rich = [...this.children].filter(({ slot }) => slot === 'consent');
    return (rich.length ? rich.map(({ textContent }) => textContent).join(' ') : (this.consent ?? ''))
      .replaceAll(/\s+/g, ' ')
      .trim();
  }

  /** Of the words that are shown. */
  get #lang(): string {
    return this.#words === en ? 'en' : this.#file!;
  }

  /** Whether there is a card to open: whatever floats has one, and an icon. */
  get #canOpen(): boolean {
    return this.position.includes('-') || this.variant === 'icon';
  }

  get #layout(): Layout {
    if (this.isCardOpen) return 'card';
    return this.variant === 'card' && this.#canOpen ? 'icon' : this.variant;
  }

  /** What the button does, once there was a call; before, it has the site's own words. */
  get #buttonName(): string | undefined {
    const { status } = this;
    if (status === 'failed') return this.#strings.tryAgain;
    if (isRunning(status) && this.#layout === 'icon') return this.#strings.show;
    if (status === 'active' || status === 'reconnecting') return this.#strings.hangUp;
    if (status === 'ended') return this.#strings.callAgain;
    return isRunning(status) ? this.#strings.cancel : undefined;
  }

  /** What the visitor is told of a failure. */
  get #sentence(): string {
    return this.status === 'failed' ? this.error!.visitorMessage : '';
  }

  get #disclosure(): string {
    return this.disclosure === 'none' ? '' : this.disclosure || this.#strings.disclosure;
  }

  #options(): CallOptions {
    return optionsOf(this, this.#strings.title);
  }

  #onClick(event: MouseEvent): void {
    // The second half of a double click would undo the first.
    if (event.detail > 1) return;
    const isLauncher = this.#layout === 'icon' && (this.variant === 'card' || isRunning(this.status));
    if (isLauncher) this.#openCard();
    else void this.toggle();
  }

  /** Answers what `start` answers, once the visitor has decided. */
  #askConsent(): Promise<boolean> {
    this.#settleConsent?.(false);
    this.isCardOpen ||= this.#canOpen;
    this.isConsentAsked = true;
    this.isPanelClosed = false;
    return new Promise((settle) => (this.#settleConsent = settle));
  }

  #acceptConsent(): void {
    giveConsent(this.#consentText);
    const settle = this.#settleConsent;
    this.#settleConsent = undefined;
    this.#closePanel();
    settle?.(this.start());
  }

  #openCard(): void {
    this.isCardOpen = true;
  }

  #closeCard(event?: MouseEvent): void {
    // The second half of a double click on what opened it.
    if (event && event.detail > 1) return;
    this.isCardOpen = false;
    this.#closePanel();
  }

  async #toggleSettings(event: MouseEvent): Promise<void> {
    if (event.detail > 1) return;
    if (this.deviceList) return this.#closePanel();
    const devices = await this.devices();
    // The card may be closed meanwhile, or taken away.
    if (this.#layout !== 'card' || !this.isConnected) return;
    this.deviceList = devices;
    this.isPanelClosed = false;
  }

  /** A key that is held must not click again and again. */
  #onKey(event: KeyboardEvent): void {
    if (event.repeat) event.preventDefault();
  }

  /** Held, the mute button lets the visitor talk while muted. */
  #press(event: PointerEvent | KeyboardEvent): void {
    // Not `instanceof`: those of an iframe are of other classes.
    if ('key' in event) {
      this.#onKey(event);
      if (event.repeat || !/^( |Enter)$/.test(event.key)) return;
    } else {
      const { button, ctrlKey, pointerId } = event;
      // Whatever opens a menu is let go unheard.
      if (button || ctrlKey) return;
      // Heard also when the pointer has left the button by then.
      (event.target as Element).setPointerCapture(pointerId);
    }
    this.#isHeld = false;
    clearTimeout(this.#holding);
    if (!this.muted) return;
    this.#holding = setTimeout(() => {
      this.#isHeld = true;
      this.muted = false;
    }, holdMs);
  }

  #release(): void {
    clearTimeout(this.#holding);
    if (this.#isHeld) this.muted = true;
    // The click that ends a hold comes before that.
    setTimeout(() => (this.#isHeld = false));
  }

  #onMuteClick(event: MouseEvent): void {
    if (event.detail <= 1 && !this.#isHeld) this.muted = !this.muted;
  }

  #closePanel(): void {
    const root = this.shadowRoot!;
    // Back to what opened the menu; else it is the button's.
    if (this.deviceList && root.activeElement?.closest('.panel')) root.querySelector<HTMLElement>('.settings')?.focus();
    this.isPanelClosed = true;
    this.deviceList = undefined;
    this.#endConsent();
  }

  #endConsent(): void {
    this.isConsentAsked = false;
    this.#settleConsent?.(false);
  }

  /** Hours begin and end: they are looked at each minute, where there are some. */
  #keepHours(): void {
    // Of its own window: a timer of ours would outlast an iframe.
    this.#window?.clearInterval(this.#minute);
    if (this.hours && this.isConnected) {
      this.#minute = this.#window?.setInterval(() => this.requestUpdate(), 60_000);
    }
  }

  /** Looks at new opening hours. */
  async #readHours(): Promise<void> {
    this.#keepHours();
    const { hours } = this;
    if (!hours) return;
    let fault = 'hours cannot be read.';
    this.#isOpenAt ??= await loadHours(this.#options()).then(
      (file) => file.isOpenAt,
      () => {
        fault = 'Serve synthflow-call.hours.js beside the script, allowed by script-src.';
        return () => undefined;
      },
    );
    this.requestUpdate();
    if (hours === this.hours && this.#isOpenAt(hours, new Date()) === undefined) {
      console.warn(`<synthflow-call> ${fault}`);
    }
  }

  /** Takes over the page's language. */
  async #speak(): Promise<void> {
    const file = fileOf(langOf(this));
    if (file === this.#file) return;
    this.#file = file;
    this.isWordless = !!file && !this.#hasSpoken;
    this.#hasSpoken = true;
    const timer = setTimeout(() => (this.isWordless = false), 1000);
    const words = file ? await loadStrings(file, this.#options()) : en;
    clearTimeout(timer);
    if (file !== this.#file) return;
    this.#words = words;
    this.isWordless = false;
    this.requestUpdate();
  }

  /** Any tap in the page will do. */
  #resume = (): void => this.#controller.resume();

  /** Listens to the page, for as little as there is to hear just now. */
  #listen(isOn: boolean): void {
    const change = (isWanted: boolean) => (isOn && isWanted ? 'addEventListener' : 'removeEventListener');
    const view = this.#window;
    view?.[change(true)]('pagehide', this.#leave);
    view?.[change(this.#facts.has('needs-tap'))]('click', this.#resume, true);
    // Only in a call: where there is such a listener, Firefox keeps no page for the way back.
    view?.[change(this.#isTalking)]('beforeunload', this.#askToStay);
    // A page that is frozen could not end its call any more. Before the document hears of it: that ends what is not over.
    view?.[change(true)]('freeze', this.#leave, true);
    // Before any listener of the page, which may stop the event.
    view?.document[change(true)](CallStatusEvent.type, this.#giveWay as EventListener, true);
  }

  #askToStay = (event: BeforeUnloadEvent): void => {
    if (this.noLeaveWarning) return;
    event.preventDefault();
    // Chrome before 119.
    event.returnValue = true;
  };

  #leave = (): void => {
    void this.#controller.stop('page');
  };

  /** One call a page: whichever starts last has it. */
  #giveWay = (event: CallStatusEvent): void => {
    const isStart = event.status === 'requesting-microphone';
    if (isStart && event !== this.#told) void this.#controller.stop('replaced');
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'synthflow-call': SynthflowCall;
  }
}
