import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { CallEndEvent, CallStartEvent, SynthflowCall } from 'synthflow-call';

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'synthflow-call': DetailedHTMLProps<HTMLAttributes<SynthflowCall>, SynthflowCall> & {
        'token-endpoint'?: string;
        labels?: SynthflowCall['labels'];
        'onsynthflow-start'?: (event: CallStartEvent) => void;
        'onsynthflow-end'?: (event: CallEndEvent) => void;
      };
    }
  }
}
