'use client';

import { useCallback, useState } from 'react';
import type { SynthflowCall } from 'synthflow-call';
import 'synthflow-call/react';

export function Support() {
  const [isOpen, setIsOpen] = useState(true);
  const [news, setNews] = useState('No call yet');

  // An element that the server has rendered gets neither properties nor `on…` listeners when React hydrates it.
  const connect = useCallback((call: SynthflowCall) => {
    const controller = new AbortController();
    const { signal } = controller;
    call.labels = { start: 'Talk to support' };
    call.addEventListener('synthflow-start', () => setNews('You are talking'), { signal });
    call.addEventListener(
      'synthflow-end',
      ({ reason, duration }) => setNews(`Ended by ${reason} after ${duration.toFixed()} s`),
      { signal },
    );
    return () => controller.abort();
  }, []);

  return (
    <>
      {isOpen && <synthflow-call ref={connect} token-endpoint="/api/synthflow/token" />}
      <p>
        <output>{news}</output>
      </p>
      <p>
        <button type="button" onClick={() => setIsOpen(false)}>
          Close
        </button>
      </p>
    </>
  );
}
