#!/bin/sh
# Makes simulator/greeting.wav, the simulated agent's own voice: 16 kHz, mono, 16 bit, peak -3 dBFS.
# Needs espeak-ng and sox. Run from anywhere; the result is committed, so only a change of the words needs this.
set -eu

words="Hello! I am a simulated agent on your own machine. Say something, and I will repeat it."
target="$(dirname "$0")/../simulator/greeting.wav"
spoken="$(mktemp --suffix=.wav)"
trap 'rm -f "$spoken"' EXIT

espeak-ng -v en-us+f3 -s 165 -p 45 -g 2 -w "$spoken" "$words"

# Trim both ends, then put 50 ms of silence back, so that a repeat starts and ends without a click.
# -R and -D: the same words give the same bytes.
sox -R -D "$spoken" -b 16 -c 1 "$target" \
  silence 1 0.01 0.1% fade t 0.005 reverse \
  silence 1 0.01 0.1% fade t 0.005 reverse \
  rate -v 16000 \
  gain -n -3 \
  pad 0.05 0.05

sox "$target" -n stat 2>&1 | grep -E 'Length|Maximum amplitude|Minimum amplitude'
