/** How long a socket may take to open that is opened to be closed. */
const hangUpTimeoutMs = 10_000;

/** Ends the call behind a session URL that nobody is going to use: opens the URL and closes it. Never throws. */
export function hangUpUnused(url: string): void {
  try {
    void hangUp(new WebSocket(url), true);
  } catch {
    // The page's policy: nothing can reach that call.
  }
}

/**
 * Closes a socket, and resolves when it is closed.
 * @param isCreated - There is a call, which ends only when a socket that was open is closed: it is waited for, a while.
 */
export async function hangUp(socket: WebSocket, isCreated: boolean): Promise<void> {
  // The agent was first, and its last words are still being decoded.
  if (socket.readyState === WebSocket.CLOSED) return;
  const close = () => socket.close(1000);
  let timer: ReturnType<typeof setTimeout> | undefined;
  if (isCreated && socket.readyState === WebSocket.CONNECTING) {
    socket.onopen = close;
    timer = setTimeout(close, hangUpTimeoutMs);
  } else {
    close();
  }
  await new Promise((resolve) => (socket.onerror = socket.onclose = resolve));
  clearTimeout(timer);
}
