/** A microphone or loudspeaker. */
export interface AudioDevice {
  readonly id: string;
  readonly label: string;
}

/** What a visitor may choose from. */
export interface AudioDevices {
  readonly microphones: readonly AudioDevice[];
  readonly speakers: readonly AudioDevice[];
}

let listing: Promise<MediaDeviceInfo[]> | undefined;

/**
 * The devices, as the browser tells them; none where it does not. Who asks while an answer is on its way gets the same:
 * on macOS 14 Chromium's sound suffers from every listing.
 */
export function listDevices(): Promise<MediaDeviceInfo[]> {
  return (listing ??= Promise.resolve(navigator.mediaDevices?.enumerateDevices())
    .then(
      (devices) => devices ?? [],
      () => [],
    )
    .finally(() => (listing = undefined)));
}

/** Microphones and loudspeakers with a name. Asks for no permission: before it was given, browsers name none. */
export async function namedDevices(): Promise<AudioDevices> {
  const devices = await listDevices();
  const of = (kind: MediaDeviceKind) =>
    devices
      .filter((device) => device.kind === kind && device.deviceId)
      .map(({ deviceId, label }): AudioDevice => ({ id: deviceId, label }));
  return { microphones: of('audioinput'), speakers: of('audiooutput') };
}
