import { useState } from 'react';
import 'synthflow-call/react';

const labels = { start: 'Talk to support' };

export function App() {
  const [isOpen, setIsOpen] = useState(true);
  const [news, setNews] = useState('No call yet');
  return (
    <>
      <h1>Support</h1>
      {isOpen && (
        <synthflow-call
          token-endpoint="/api/synthflow/token"
          labels={labels}
          onsynthflow-start={() => setNews('You are talking')}
          onsynthflow-end={({ reason, duration }) => setNews(`Ended by ${reason} after ${duration.toFixed()} s`)}
        />
      )}
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
