import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { SynthflowCall } from 'synthflow-call';

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'synthflow-call': DetailedHTMLProps<HTMLAttributes<SynthflowCall>, SynthflowCall> & { 'token-endpoint'?: string };
    }
  }
}
