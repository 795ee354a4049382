/** What holds of a call just now, beside its status. */
export type CallFact = 'agent-speaking' | 'visitor-speaking' | 'microphone-silent' | 'needs-tap' | 'poor-connection';

/** Fired when some fact begins or ceases to hold. */
export class CallFactsEvent extends Event {
  static readonly type = 'synthflow-facts';
  /** Those that hold now. */
  readonly facts: ReadonlySet<CallFact>;
  constructor(facts: ReadonlySet<CallFact>) {
    super(CallFactsEvent.type);
    this.facts = facts;
  }
}
