import { readFileSync } from 'node:fs';
import { Resampler } from '../../src/dsp/resampler.js';
import { readWav } from '../../simulator/wav.js';
import { seededRandom } from './fixtures.js';

const wav = readWav(readFileSync(new URL('../../simulator/greeting.wav', import.meta.url))).samples;

/** Real speech, 6.3 s of it, as loud as it was recorded. */
export function voice(rate: number): Float32Array<ArrayBuffer> {
  const resampler = new Resampler(16_000, rate);
  resampler.push(Float32Array.from(wav, (value) => value / 32_768));
  const output = new Float32Array(resampler.available);
  resampler.pull(output, output.length);
  return output;
}

/** Noise of a room, white, of a level. */
export function hiss(length: number, levelDbfs: number, seed = 1): Float32Array {
  const random = seededRandom(seed);
  const scale = 10 ** (levelDbfs / 20) * Math.sqrt(3);
  return Float32Array.from({ length }, () => scale * (2 * random() - 1));
}

/** Somebody types: eight strokes a second, each a click of the key going down and a softer one of its coming up. */
export function keys(length: number, rate: number, peak: number, seed = 2): Float32Array {
  const random = seededRandom(seed);
  const sound = new Float32Array(length);
  const click = (at: number, loudness: number): void => {
    const [hz, knockHz] = [1500 + 3000 * random(), 150 + 250 * random()];
    for (let i = 0; i < 0.04 * rate && at + i < length; i++) {
      const noise = (2 * random() - 1) * Math.exp(-i / (0.003 * rate));
      const ring = Math.sin((2 * Math.PI * hz * i) / rate) * Math.exp(-i / (0.004 * rate));
      const knock = Math.sin((2 * Math.PI * knockHz * i) / rate) * Math.exp(-i / (0.008 * rate));
      sound[at + i]! += (loudness * (noise + ring + knock)) / 3;
    }
  };
  for (let at = 0; at < length; at += Math.floor((0.08 + 0.09 * random()) * rate)) {
    click(at, peak * (0.5 + 0.5 * random()));
    click(at + Math.floor((0.05 + 0.04 * random()) * rate), 0.4 * peak);
  }
  return sound;
}

/** Breaths: noise through a throat, half a second in and out, with the rumble of air that hits the microphone. */
export function breath(length: number, rate: number, levelDbfs: number, seed = 3): Float32Array {
  const random = seededRandom(seed);
  const sound = new Float32Array(length);
  let [low, lower, band, swing] = [0, 0, 0, 0];
  for (let i = 0; i < length; i++) {
    const noise = 2 * random() - 1;
    // A resonance at 900 Hz, 600 Hz wide.
    const f = 2 * Math.sin((Math.PI * 900) / rate);
    swing += f * band;
    band += f * (noise - swing - 0.65 * band);
    low += ((2 * Math.PI * 150) / rate) * (noise - low);
    lower += ((2 * Math.PI * 150) / rate) * (low - lower);
    const envelope = Math.max(0, Math.sin((2 * Math.PI * i) / rate / 1.1)) ** 0.5;
    sound[i] = envelope * (band + 0.3 * noise + 8 * lower);
  }
  const rms = Math.sqrt(sound.reduce((sum, value) => sum + value * value, 0) / length);
  return sound.map((value) => (value / rms) * 10 ** (levelDbfs / 20));
}

/** Sounds together; what is shorter is silent after its end. */
export function mix(...sounds: Float32Array[]): Float32Array<ArrayBuffer> {
  const mixed = new Float32Array(Math.max(...sounds.map((sound) => sound.length)));
  for (const sound of sounds) for (let i = 0; i < sound.length; i++) mixed[i]! += sound[i]!;
  return mixed;
}

/** A sound louder or softer, and later. */
export function moved(sound: Float32Array, db: number, by = 0): Float32Array<ArrayBuffer> {
  const output = new Float32Array(sound.length + by);
  output.set(sound, by);
  return output.map((value) => value * 10 ** (db / 20));
}
