import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { CallController, type CallOptions } from '../call/call-controller.js';
import type { CallReport, CallStats } from '../call/call-report.js';
import type { CallError } from '../call/errors.js';
import { isRunning, type CallStatus } from '../call/machine.js';
import type { TokenProvider } from '../call/session.js';
import { textOn } from './accent.js';
import {
  CallBeforeStartEvent,
  CallEndEvent,
  CallErrorEvent,
  CallMessageEvent,
  CallMuteEvent,
  CallStartEvent,
  CallStatusEvent,
} from './events.js';
import { alertIcon, callIcon, closeIcon, hangUpIcon, mutedIcon, microphoneIcon } from './icons.js';
import { en as strings } from './locales/en.js';
import { Panel } from './panel.js';
import { styles } from './styles.js';

/**
 * A button that lets the visitor of a page talk by voice with the site's Synthflow agent.
 *
 * @summary Voice call with a Synthflow agent.
 * @tag synthflow-call
 *
 * @slot - The button's label, instead of `label`.
 * @slot icon - The button's icon.
 * @slot fallback - Shown by the browser while the script has not loaded.
 *
 * @event {CallBeforeStartEvent} synthflow-before-start - A call is about to start. Cancel it and nothing happens.
 * @event {CallStatusEvent} synthflow-status - The status has changed: `status`, `previous`.
 * @event {CallStartEvent} synthflow-start - The agent is ready; once a call.
 * @event {CallEndEvent} synthflow-end - The attempt is over: `reason`, `duration` (s), `code`, `closeCode`, `stats`.
 * @event {CallErrorEvent} synthflow-error - The attempt failed: `error`.
 * @event {CallMessageEvent} synthflow-message - The agent sent a text message: `data`.
 * @event {CallMuteEvent} synthflow-mute - The microphone was muted or unmuted: `muted`.
 *
 * @csspart button - The one control that starts and ends the call.
 * @csspart icon - The icon in the button.
 * @csspart indicator - What shows the status at a glance.
 * @csspart status - The status in words; a live region.
 * @csspart visualizer - Level of both sides.
 * @csspart timer - Duration of the call.
 * @csspart mute - Mutes the microphone.
 * @csspart panel - The popover for whatever is longer than a label.
 * @csspart disclosure - The line that says that the agent is an AI.
 * @csspart error - The sentence that says what went wrong.
 *
 * @cssproperty [--synthflow-accent=#4f46e5] - Colour of the button.
 * @cssproperty [--synthflow-accent-text=#fff] - Text on it.
 * @cssproperty [--synthflow-surface] - Background of pill and panel.
 * @cssproperty [--synthflow-text] - Their text.
 * @cssproperty [--synthflow-border] - Their border.
 * @cssproperty [--synthflow-danger] - Hang up and failures.
 * @cssproperty [--synthflow-success] - The visitor's level.
 * @cssproperty [--synthflow-radius=999px] - Corners of pill and buttons.
 * @cssproperty [--synthflow-size=56px] - Height; the width follows.
 * @cssproperty [--synthflow-font=system-ui, sans-serif] - Font family.
 * @cssproperty [--synthflow-shadow] - Shadow of pill and panel.
 *
 * @cssstate idle - No call yet.
 * @cssstate requesting-microphone - The browser asks the visitor for the microphone.
 * @cssstate connecting - A session is asked for and opened.
 * @cssstate waiting - Waiting for the agent.
 * @cssstate active - The two can talk.
 * @cssstate ended - The call is over.
 * @cssstate failed - The call failed.
 * @cssstate muted - The microphone is off.
 * @cssstate agent-speaking - The agent speaks.
 */
export class SynthflowCall extends LitElement {
  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override styles = styles;
  static override properties = {
    tokenEndpoint: { attribute: 'token-endpoint' },
    tokenMethod: { attribute: 'token-method' },
    tokenCredentials: { attribute: 'token-credentials' },
    assistantId: { attribute: 'assistant-id' },
    sessionUrl: { attribute: 'session-url' },
    theme: { reflect: true },
    accent: {},
    label: {},
    disclosure: {},
    muted: { type: Boolean, reflect: true },
    volume: { type: Number },
    maxDuration: { attribute: 'max-duration', type: Number },
    noEchoCancellation: { attribute: 'no-echo-cancellation', type: Boolean },
    noNoiseSuppression: { attribute: 'no-noise-suppression', type: Boolean },
    noAutoGainControl: { attribute: 'no-auto-gain-control', type: Boolean },
    assetsUrl: { attribute: 'assets-url' },
    workletUrl: { attribute: 'worklet-url' },
    disabled: { type: Boolean, reflect: true },
    noTimer: { attribute: 'no-timer', type: Boolean },
    noMute: { attribute: 'no-mute', type: Boolean },
    noVisualizer: { attribute: 'no-visualizer', type: Boolean },
    tokenProvider: { attribute: false },
    hasAgentSpoken: { state: true },
    isPanelClosed: { state: true },
    seconds: { state: true },
  };

  /** URL of the site's own endpoint that answers `{ "sessionURL": "wss://…" }`. `{assistant_id}` in it is replaced. */
  tokenEndpoint?: string;
  /** `post` sends JSON, `get` a query. */
  tokenMethod: 'post' | 'get' = 'post';
  /** Whether cookies go to the token endpoint. */
  tokenCredentials: RequestCredentials = 'same-origin';
  /** Which agent, where the token endpoint has more than one. */
  assistantId?: string;
  /** A session URL to use once, instead of a token endpoint (trials, tests). Forgotten when the call starts. */
  sessionUrl?: string | null;
  /** Colours: `auto` follows the visitor's system. */
  theme: 'auto' | 'light' | 'dark' = 'auto';
  /** Any CSS colour: the button's. */
  accent?: string;
  /** The button's words, before the first call. */
  label?: string;
  /** The line that says that the agent is an AI; `none` hides it. */
  disclosure?: string;
  /** Microphone off: silence is sent. Kept across calls. */
  muted = false;
  /** Playback volume, 0 to 1. */
  volume = 1;
  /** Seconds after which the call ends by itself; 0 = never. */
  maxDuration = 1800;
  /** Leaves echo in the microphone's sound. */
  noEchoCancellation = false;
  /** Leaves noise in the microphone's sound. */
  noNoiseSuppression = false;
  /** Leaves the microphone's volume as it is. */
  noAutoGainControl = false;
  /** Folder of the worklet's file, when it is not the script's own. */
  assetsUrl?: string;
  /** URL of the worklet's file. */
  workletUrl?: string;
  /** No calls can be started. */
  disabled = false;
  /** Hides the duration. */
  noTimer = false;
  /** Hides the mute button. */
  noMute = false;
  /** Hides the levels. */
  noVisualizer = false;
  /** The site's own way to a session, instead of a token endpoint. */
  tokenProvider?: TokenProvider;

  /** The agent has been heard in this call: the disclosure has done its work. */
  private hasAgentSpoken = false;
  private isPanelClosed = false;
  private seconds = 0;

  #controller = new CallController((report) => this.#hear(report));
  #internals = this.attachInternals();
  #panel?: Panel;
  #timer?: ReturnType<typeof setInterval>;
  #isAgentSpeaking = false;
  #told?: CallStatusEvent;

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

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('pagehide', this.#leave);
    document.addEventListener(CallStatusEvent.type, this.#giveWay);
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('pagehide', this.#leave);
    document.removeEventListener(CallStatusEvent.type, this.#giveWay);
    // A move in the page disconnects too, and connects again at once.
    queueMicrotask(() => {
      if (!this.isConnected) this.#leave();
    });
  }

  /**
   * Starts a call. Call it from a click or tap: browsers let sound begin only then.
   * @returns true once the agent is ready, else false. Never rejects; does nothing while disabled or running.
   */
  async start(): Promise<boolean> {
    if (this.disabled || isRunning(this.status)) return false;
    if (!this.dispatchEvent(new CallBeforeStartEvent())) return false;
    const options = this.#options();
    // A session URL works once, so it is forgotten.
    this.sessionUrl = null;
    this.removeAttribute('session-url');
    return this.#controller.start(options);
  }

  /** Hangs up. Resolves when microphone, socket and sound are closed; does nothing while no call runs. */
  async stop(): Promise<void> {
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

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('muted') && (this.muted || changed.get('muted') !== undefined)) {
      this.#controller.setMuted(this.muted);
      this.#setState('muted', this.muted);
      this.dispatchEvent(new CallMuteEvent(this.muted));
    }
    if (changed.has('volume')) this.#controller.setVolume(this.#playbackVolume);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('accent')) this.#applyAccent();
    this.#panel ??= new Panel(this.renderRoot.querySelector<HTMLElement>('.panel')!, this);
    this.#panel.toggle(this.isConnected && !this.isPanelClosed);
  }

  protected override render(): TemplateResult {
    const { status } = this;
    const running = isRunning(status);
    return html`<div class="call ${status} ${this.muted ? 'muted' : ''}" @keydown=${this.#onKey}>
        ${this.#renderIndicator()}
        <span part="status" class="status ${status === 'idle' || status === 'active' ? 'unseen' : ''}" role="status"
          >${strings.status[status]}${
            status === 'failed' ? html`<span class="unseen">. ${this.error?.visitorMessage}</span>` : nothing
          }</span
        >
        ${
          (status === 'active' || status === 'ended') && !this.noTimer
            ? html`<span part="timer" class="timer" role="timer" aria-label=${strings.duration}
              >${clock(this.seconds)}</span
            >`
            : nothing
        }
        ${
          status === 'active' && !this.noMute
            ? html`<button
              part="mute"
              class="mute"
              type="button"
              aria-pressed=${this.muted}
              aria-label=${strings.mute}
              @click=${this.#onMuteClick}
            >
              ${this.muted ? mutedIcon : microphoneIcon}
            </button>`
            : nothing
        }
        <button
          part="button"
          class="main ${running ? 'running' : ''} ${this.#buttonName ? 'round' : ''}"
          type="button"
          ?disabled=${this.disabled && !running}
          aria-label=${this.#buttonName ?? nothing}
          aria-describedby="description"
          @click=${this.#onClick}
        >
          ${this.#renderButton()}
        </button>
      </div>
      <span id="description" hidden>${status === 'failed' ? this.error?.visitorMessage : this.#disclosure}</span>
      <div part="panel" class="panel" popover="manual" @keydown=${this.#onKey}>${this.#renderPanel()}</div>`;
  }

  #renderButton(): unknown {
    const { status } = this;
    if (isRunning(status)) return html`<span part="icon">${hangUpIcon}</span>`;
    if (status === 'ended') return html`<span part="icon">${callIcon}</span>`;
    if (status === 'failed') return html`<span class="label">${strings.tryAgain}</span>`;
    return html`<span part="icon"><slot name="icon">${callIcon}</slot></span>
      <span class="label"><slot>${this.label ?? strings.start}</slot></span>`;
  }

  #renderIndicator(): unknown {
    const { status } = this;
    if (status === 'idle') return nothing;
    const sign =
      status === 'active'
        ? this.noVisualizer
          ? html`<span class="dot"></span>`
          : html`<span part="visualizer" class="visualizer">
              <span class="side"><i></i><i></i><i></i></span><span class="side"><i></i><i></i><i></i></span>
            </span>`
        : status === 'failed'
          ? alertIcon
          : html`<span class=${status === 'ended' ? 'dot' : 'spinner'}></span>`;
    return html`<span part="indicator" class="indicator" aria-hidden="true">${sign}</span>`;
  }

  #renderPanel(): unknown {
    const { status } = this;
    const error = status === 'failed' && html`<p part="error">${this.error?.visitorMessage}</p>`;
    const hint = status === 'requesting-microphone' && html`<p>${strings.microphoneHint}</p>`;
    const disclosure =
      isRunning(status) &&
      !this.hasAgentSpoken &&
      this.#disclosure &&
      html`<p part="disclosure" class="disclosure">${this.#disclosure}</p>`;
    if (!error && !hint && !disclosure) return nothing;
    return html`${error || hint || nothing}${disclosure || nothing}<button
        class="close"
        type="button"
        aria-label=${strings.close}
        @click=${this.#closePanel}
      >
        ${closeIcon}
      </button>`;
  }

  #hear(report: CallReport): void {
    switch (report.type) {
      case 'levels':
        this.#showLevels(report);
        break;
      case 'status':
        this.#changeStatus(report.status, report.previous);
        break;
      case 'start':
        this.dispatchEvent(new CallStartEvent());
        break;
      case 'message':
        this.dispatchEvent(new CallMessageEvent(report.data));
        break;
      case 'error':
        console.warn(`<synthflow-call> ${report.error.code}: ${report.error.message}`);
        this.dispatchEvent(new CallErrorEvent(report.error));
        break;
      case 'end':
        this.dispatchEvent(new CallEndEvent(report));
    }
  }

  #changeStatus(status: CallStatus, previous: CallStatus): void {
    if (this.error) this.error.visitorMessage = strings.errors[this.error.code];
    if (status === 'requesting-microphone') this.hasAgentSpoken = false;
    if (status === 'requesting-microphone' || status === 'failed') this.isPanelClosed = false;
    clearInterval(this.#timer);
    if (status === 'active') this.#timer = setInterval(() => this.#tick(), 1000);
    this.#tick();
    this.#setState(previous, false);
    this.#setState(status, true);
    if (!isRunning(status)) this.#setAgentSpeaking(false);
    this.requestUpdate();
    this.#told = new CallStatusEvent(status, previous);
    this.dispatchEvent(this.#told);
  }

  #tick(): void {
    this.seconds = Math.floor(this.duration);
  }

  #showLevels({ visitorDbfs, agentDbfs, isAgentSpeaking }: CallReport & { type: 'levels' }): void {
    this.#setAgentSpeaking(isAgentSpeaking);
    const sides = this.renderRoot.querySelectorAll<HTMLElement>('.side');
    sides[0]?.style.setProperty('--level', this.muted ? '0' : share(visitorDbfs));
    sides[1]?.style.setProperty('--level', share(agentDbfs));
  }

  #setAgentSpeaking(isSpeaking: boolean): void {
    if (isSpeaking === this.#isAgentSpeaking) return;
    this.#isAgentSpeaking = isSpeaking;
    this.#setState('agent-speaking', isSpeaking);
    if (isSpeaking && this.status === 'active') this.hasAgentSpoken = true;
  }

  /** Sets `:state(name)`. Chrome before 125 takes only names that begin with two dashes, and throws. */
  #setState(name: string, isOn: boolean): void {
    try {
      if (isOn) this.#internals.states.add(name);
      else this.#internals.states.delete(name);
    } catch {
      // The page's CSS cannot see it there; nothing of ours depends on it.
    }
  }

  /** Other values than colours are ignored: a `url()` in a custom property would make a request. */
  #applyAccent(): void {
    const color = this.accent && CSS.supports('color', this.accent) ? this.accent : '';
    for (const box of this.renderRoot.querySelectorAll<HTMLElement>('.call, .panel')) {
      box.style.setProperty('--_accent', color);
      box.style.setProperty('--_accent-text', color && textOn(color));
    }
  }

  /** Name of the button where it shows an icon alone. */
  get #buttonName(): string | undefined {
    const { status } = this;
    if (status === 'active') return strings.hangUp;
    if (status === 'ended') return strings.callAgain;
    return isRunning(status) ? strings.cancel : undefined;
  }

  get #disclosure(): string {
    return this.disclosure === 'none' ? '' : this.disclosure || strings.disclosure;
  }

  get #playbackVolume(): number {
    return Math.max(0, Math.min(1, this.volume)) || 0;
  }

  #options(): CallOptions {
    return {
      sessionUrl: this.sessionUrl ?? undefined,
      tokenProvider: this.tokenProvider,
      tokenEndpoint: this.tokenEndpoint,
      tokenMethod: this.tokenMethod === 'get' ? 'get' : 'post',
      tokenCredentials: this.tokenCredentials,
      assistantId: this.assistantId,
      maxDurationS: this.maxDuration,
      muted: this.muted,
      volume: this.#playbackVolume,
      workletUrl: this.workletUrl,
      assetsUrl: this.assetsUrl,
      echoCancellation: !this.noEchoCancellation,
      noiseSuppression: !this.noNoiseSuppression,
      autoGainControl: !this.noAutoGainControl,
    };
  }

  #onClick(event: MouseEvent): void {
    // The second half of a double click would undo the first.
    if (event.detail <= 1) void this.toggle();
  }

  #onMuteClick(event: MouseEvent): void {
    if (event.detail <= 1) this.muted = !this.muted;
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.#closePanel();
  }

  #closePanel(): void {
    this.isPanelClosed = true;
  }

  #leave = (): void => {
    void this.#controller.stop('page');
  };

  /** One call a page: whichever starts last has it. */
  #giveWay = (event: CallStatusEvent): void => {
    const isStart = event.status === 'requesting-microphone';
    if (isStart && event !== this.#told) void this.#controller.stop('replaced');
  };
}

/** A level as a share of the visualizer's height: −55 dBFS and below is nothing, −12 is all. */
function share(levelDbfs: number): string {
  return Math.max(0, Math.min(1, (levelDbfs + 55) / 43)).toFixed(2);
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'synthflow-call': SynthflowCall;
  }
}
